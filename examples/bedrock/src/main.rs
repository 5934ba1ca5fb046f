//! Streams a video with the AWS SDK: Converse of Amazon Bedrock, signed with SigV4. Retries send the video again.
//! `run` in the parent folder starts it with a local server.

use aws_runtime::auth::PayloadSigningOverride;
use aws_sdk_bedrockruntime::{
    Client, Config,
    config::{BehaviorVersion, Credentials, Region, retry::RetryConfig},
    primitives::Blob,
    types::{ContentBlock, ConversationRole, Message, VideoBlock, VideoFormat, VideoSource},
};
use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        interceptors::{Intercept, context::BeforeTransmitInterceptorContextMut, dyn_dispatch_hint},
        runtime_components::RuntimeComponents,
    },
};
use aws_smithy_types::{body::SdkBody, config_bag::ConfigBag};
use niello::{Marks, Media};
use sha2::{Digest, Sha256};

/// Streams media in the place of marks.
#[derive(Debug)]
struct MarksInterceptor(Marks);

#[dyn_dispatch_hint]
impl Intercept for MarksInterceptor {
    fn name(&self) -> &'static str {
        "niello"
    }

    // Runs before each attempt, which starts with the marked JSON again.
    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request_mut();
        let Some(body) = self.0.inlay(request.body().bytes().unwrap_or_default())? else { return Ok(()) };
        // The signature covers a hash of the body: one more pass over the file.
        let mut hash = Sha256::new();
        for chunk in body.clone().chunks() {
            hash.update(&chunk?);
        }
        let hash = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        config.interceptor_state().store_put(PayloadSigningOverride::Precomputed(hash));
        request.headers_mut().insert("content-length", body.len().to_string());
        *request.body_mut() = SdkBody::retryable(move || SdkBody::from_body_1_x(body.clone()));
        Ok(())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    let args: Vec<_> = std::env::args().collect();
    let marks = Marks::new();
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("key", "secret", None, None, "example"))
        .endpoint_url(&args[2])
        .retry_config(RetryConfig::standard())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .interceptor(MarksInterceptor(marks.clone()))
        .build();

    let scope = marks.scope(); // ends after the response
    // The SDK encodes bytes itself. A third argument sends the file without niello, to compare.
    let bytes = if args.len() > 3 { std::fs::read(&args[1])? } else { scope.raw(&Media::open(&args[1])?) };
    let source = VideoSource::Bytes(Blob::new(bytes));
    let video = VideoBlock::builder().format(VideoFormat::Mp4).source(source).build()?;
    let message =
        Message::builder().role(ConversationRole::User).content(ContentBlock::Video(video)).build()?;
    let response =
        Client::from_conf(config).converse().model_id("amazon.nova").messages(message).send().await?;
    println!("{:?}", response.stop_reason());
    Ok(())
}
