//! HTTP clients, each as a function that sends a request as its users do.

use http_body_util::BodyExt;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use niello::{Body, http::Request, http_body};
use std::{
    error::Error,
    future::Future,
    process::{Command, Stdio},
    time::Duration,
};

/// The status and the text of the response.
pub type Outcome = Result<(u16, String), Box<dyn Error + Send + Sync>>;
pub type Sender = fn(Request<Body>) -> Outcome;

pub const ALL: [(&str, Sender); 9] = [
    ("hyper http/1.1", hyper_1),
    ("hyper http/2", hyper_2),
    ("hyper http/1.1, read ahead", hyper_1_read_ahead),
    ("reqwest 0.13", reqwest_13),
    ("reqwest 0.13, read ahead", reqwest_13_read_ahead),
    ("reqwest 0.13 blocking", reqwest_13_blocking),
    ("reqwest 0.12", reqwest_12),
    ("ureq 3", ureq_3),
    ("curl", curl),
];

/// The timeout of every client.
const TIMEOUT: Duration = Duration::from_secs(60);

pub fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

pub fn hyper_client<B>(http_2: bool) -> Client<HttpConnector, B>
where
    B: http_body::Body<Data: Send> + Send,
{
    Client::builder(TokioExecutor::new()).http2_only(http_2).build_http()
}

fn hyper<B>(request: Request<B>, http_2: bool) -> Outcome
where
    B: http_body::Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + Unpin + 'static,
{
    block_on(async {
        let response = tokio::time::timeout(TIMEOUT, hyper_client(http_2).request(request)).await??;
        let status = response.status().as_u16();
        Ok((status, String::from_utf8(response.into_body().collect().await?.to_bytes().into())?))
    })
}

fn hyper_1(request: Request<Body>) -> Outcome {
    hyper(request, false)
}

fn hyper_1_read_ahead(request: Request<Body>) -> Outcome {
    hyper(request.map(Body::read_ahead), false)
}

fn hyper_2(request: Request<Body>) -> Outcome {
    hyper(request, true)
}

fn reqwest_13(request: Request<Body>) -> Outcome {
    reqwest_13_of(request.map(reqwest::Body::wrap))
}

fn reqwest_13_read_ahead(request: Request<Body>) -> Outcome {
    reqwest_13_of(request.map(|body| reqwest::Body::wrap(body.read_ahead())))
}

fn reqwest_13_of(request: Request<reqwest::Body>) -> Outcome {
    let client = reqwest::Client::builder().no_proxy().timeout(TIMEOUT).build()?;
    let request = request.try_into()?;
    block_on(async {
        let response = client.execute(request).await?;
        Ok((response.status().as_u16(), response.text().await?))
    })
}

fn reqwest_13_blocking(request: Request<Body>) -> Outcome {
    let client = reqwest::blocking::Client::builder().no_proxy().timeout(TIMEOUT).build()?;
    let sized = |body: Body| {
        let len = body.len();
        reqwest::blocking::Body::sized(body, len)
    };
    let response = client.execute(request.map(sized).try_into()?)?;
    Ok((response.status().as_u16(), response.text()?))
}

fn reqwest_12(request: Request<Body>) -> Outcome {
    let client = reqwest_0_12::Client::builder().no_proxy().timeout(TIMEOUT).build()?;
    let request = request.map(reqwest_0_12::Body::wrap).try_into()?;
    block_on(async {
        let response = client.execute(request).await?;
        Ok((response.status().as_u16(), response.text().await?))
    })
}

fn ureq_3(request: Request<Body>) -> Outcome {
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .proxy(None)
        .timeout_global(Some(TIMEOUT))
        .build();
    let mut response = config.new_agent().run(request.map(ureq::SendBody::from_owned_reader))?;
    Ok((response.status().as_u16(), response.body_mut().read_to_string()?))
}

/// Sends the body through a pipe. By itself, curl would use chunked transfer encoding, and could not detect that the
/// writer of the pipe failed. So it gets the length in a header, and is killed if the body fails.
fn curl(request: Request<Body>) -> Outcome {
    let (parts, mut body) = request.into_parts();
    let mut command = Command::new("curl");
    command.args(["-q", "-sS", "--http1.1", "--noproxy", "*", "--max-time", "60", "-X", "POST", "-T", "-"]);
    command.args(["-H", "Transfer-Encoding:", "-w", "\n%{http_code}"]);
    for (name, value) in &parts.headers {
        command.arg("-H").arg(format!("{name}: {}", value.to_str()?));
    }
    let mut curl = command
        .arg(parts.uri.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let written = body.write_to(&mut curl.stdin.take().unwrap());
    if written.is_err() {
        curl.kill()?;
    }
    let output = curl.wait_with_output()?;
    written?;
    if !output.status.success() {
        return Err(String::from_utf8(output.stderr)?.into());
    }
    let said = String::from_utf8(output.stdout)?;
    let (text, status) = said.rsplit_once('\n').ok_or("curl printed nothing")?;
    Ok((status.parse()?, text.to_owned()))
}
