//! Content codings of a whole body (RFC 9110 section 8.4).

use super::{Body, plan::Plan, zstd};
use crate::error::Result;
use std::{fmt, sync::Arc};

/// A content coding: how a body is encoded for the transfer, and the value of its `Content-Encoding` header.
///
/// Base64 makes a body a third longer than its media. zstd undoes that, and servers decode it before they parse the
/// JSON:
///
/// | | length of the body of a 1 GiB file |
/// |---|---:|
/// | `Identity` | 1.3333 of the file |
/// | `Zstd` | 1.0002 of the file |
///
/// No compressor runs, so the length is exact before any media is read, and `Zstd` has 0.8 to 1.5 times the speed of no
/// coding on x86-64 with AVX2, depending on the CPU. Elsewhere it has about half the speed (`cargo bench --bench coded`).
///
/// Text is not compressed. Media whose own bytes are redundant, such as WAV and BMP, would become shorter with a compressor,
/// which niello does not have.
///
/// # Servers
///
/// Use it only if you know that the server decodes request bodies. A server that does not usually responds with status
/// 400, because it takes the body for invalid JSON, or with 415. `examples/content_encoding.rs` in the repository then
/// sends the body without a coding. As of November 2026:
///
/// | server | |
/// |---|---|
/// | MLflow AI Gateway 3.17 with the package `zstandard` ([source](https://github.com/mlflow/mlflow/pull/24784)) | decodes zstd, see below |
/// | OpenAI's backend for Codex ([source](https://github.com/mlflow/mlflow/issues/24573)) | decodes zstd, which its client sends by default |
/// | Express 5.3, Node 22 ([source](https://nodejs.org/api/zlib.html)), aiohttp 3.14 with `backports.zstd` ([source](https://docs.aiohttp.org/en/v3.14.1/_modules/aiohttp/compression_utils.html)), actix-web 4.18 | decode zstd |
/// | axum with tower-http ([source](https://docs.rs/tower-http/latest/tower_http/decompression/index.html)), Envoy ([source](https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/decompressor_filter)), SGLang | decode zstd if they are configured to |
/// | LiteLLM ([source](https://github.com/BerriAI/litellm/pull/41567)), Ollama, llama.cpp, FastAPI, Fastify, nginx | do not decode |
/// | Databricks' hosted gateway, the Gemini API, Vertex AI, vLLM | not documented |
///
/// The MLflow AI Gateway decodes one frame with a window of up to 128 MiB, and ignores what follows it. It responds with
/// status 413 if the body has more than 104,857,600 bytes after decoding, unless its operator has changed that limit, and
/// with 400 if the package is missing. With basic authentication, its routes for chat completions decode only bodies of
/// admins, and respond to others with 400; its `gemini` and `proxy` routes decode all.
///
/// The tests send coded bodies to the MLflow AI Gateway, tower-http and Node.
///
/// Servers limit what they decode, so [`Body::check`] compares the length without the coding.
///
/// # Examples
///
/// ```
/// use niello::{Body, ContentEncoding, Media};
///
/// let media = Media::from_bytes(vec![7; 1_000_000], "video/mp4")?;
/// let plain = Body::json(&media)?;
/// let body = plain.encode(ContentEncoding::Zstd)?;
/// assert_eq!((plain.len(), body.len()), (1_333_338, 1_000_303));
/// assert_eq!(body.content_encoding().as_str(), "zstd");
/// # let mut bytes = Vec::new();
/// # body.clone().write_to(&mut bytes).unwrap();
/// # assert_eq!(bytes.len(), 1_000_303);
/// # let mut text = Vec::new();
/// # plain.clone().write_to(&mut text).unwrap();
/// # assert_eq!(zstd::decode_all(&bytes[..]).unwrap(), text);
/// # Ok::<(), niello::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ContentEncoding {
    /// No coding.
    #[default]
    Identity,
    /// zstd ([RFC 8878](https://www.rfc-editor.org/rfc/rfc8878)): one frame with a window of 128 KiB.
    Zstd,
}

impl ContentEncoding {
    /// Returns the name of the coding, which is the value of the `Content-Encoding` header: `identity` or `zstd`.
    pub const fn as_str(self) -> &'static str {
        match self {
            ContentEncoding::Identity => "identity",
            ContentEncoding::Zstd => "zstd",
        }
    }
}

/// Shows the [name](ContentEncoding::as_str).
impl fmt::Display for ContentEncoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Body {
    /// Returns the same body with a content coding, at its start. It replaces the coding that the body has.
    ///
    /// Send it with a `Content-Encoding` header, which the endpoints of [`chat`](crate::chat) and
    /// [`gemini`](crate::gemini) do. See [`ContentEncoding`] for servers that decode it.
    ///
    /// Both bodies share their text and media, so this is cheap, and the plain body remains for servers that do not
    /// decode. Every interface works as before. The chunk length is kept. [`progress`](Body::progress) handles are not, because the length differs: call it
    /// on the new body.
    ///
    /// # Errors
    ///
    /// Returns [`TooLarge`](crate::ErrorKind::TooLarge) if the length exceeds 64 bits.
    pub fn encode(&self, encoding: ContentEncoding) -> Result<Body> {
        let plain = self.plan.plain().unwrap_or(&self.plan).clone();
        let plan = match encoding {
            ContentEncoding::Identity => plain,
            ContentEncoding::Zstd => Arc::new(zstd::encode(plain)?),
        };
        Ok(Body { plan, ..Body::default() }.with_chunk_len(self.chunk_len))
    }

    /// Returns the content coding of the body.
    pub fn content_encoding(&self) -> ContentEncoding {
        if self.plan.plain().is_some() { ContentEncoding::Zstd } else { ContentEncoding::Identity }
    }

    /// Returns the length of the body in bytes after the server has decoded it. It is [`len`](Body::len) for a body
    /// without a content coding.
    pub fn decoded_len(&self) -> u64 {
        self.decoded().len()
    }

    /// Returns the plan of the body without its content coding.
    pub(super) fn decoded(&self) -> &Plan {
        self.plan.plain().unwrap_or(&self.plan)
    }
}
