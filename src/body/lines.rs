//! JSON Lines: many bodies in one.

use super::{Body, Segment, plan::Plan};
use crate::error::{Error, ErrorKind, Result};

impl Body {
    /// Creates a body of [JSON Lines](https://jsonlines.org), such as batch APIs read: each of `bodies`, followed by a
    /// line feed.
    ///
    /// Like every body, it has an exact length, streams its media, and can be sent again. `bodies` are created one by
    /// one, and their positions and content codings don't matter; [encode](Body::encode) the result instead. Line breaks
    /// between the tokens of their JSON become spaces.
    ///
    /// Open the media with [`Access::Reopen`] if there are many: with other ways of access, each file stays open.
    ///
    /// # Examples
    ///
    /// ```
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let file = |name| folder.path().join(name);
    /// # std::fs::write(file("a.wav"), b"RIFF\x04\0\0\0WAVE").unwrap();
    /// # std::fs::write(file("b.wav"), b"RIFF\x04\0\0\0WAVE").unwrap();
    /// use niello::{Access, Body, Media};
    ///
    /// #[derive(serde::Serialize)]
    /// struct Line<'a> { custom_id: &'a str, audio: Media }
    ///
    /// let options = Media::options().access(Access::Reopen);
    /// let lines = ["a.wav", "b.wav"].into_iter().map(|custom_id| {
    ///     let audio = options.open(file(custom_id))?;
    ///     Body::json(&Line { custom_id, audio })
    /// });
    /// let body = Body::json_lines(lines)?;
    /// assert_eq!(
    ///     std::io::read_to_string(body).unwrap(),
    ///     "{\"custom_id\":\"a.wav\",\"audio\":\"UklGRgQAAABXQVZF\"}\n\
    ///      {\"custom_id\":\"b.wav\",\"audio\":\"UklGRgQAAABXQVZF\"}\n"
    /// );
    /// # Ok::<(), niello::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The message starts with the number of the line, such as `line 1`.
    ///
    /// - The first error of `bodies`.
    /// - [`Invalid`](ErrorKind::Invalid): a body is empty, and so is not JSON.
    /// - [`TooLarge`](ErrorKind::TooLarge): the length exceeds 64 bits.
    ///
    /// # Performance
    ///
    /// The text of all lines is in memory, and less than 500 bytes per media that is opened with [`Access::Reopen`].
    ///
    /// [`Access::Reopen`]: crate::Access::Reopen
    pub fn json_lines(bodies: impl IntoIterator<Item = Result<Body>>) -> Result<Body> {
        let mut lines = Plan::new();
        for (number, body) in (1_u64..).zip(bodies) {
            let pushed = body.and_then(|body| push_line(&mut lines, body.decoded()));
            pushed.map_err(|error| Error::with_source(error.kind(), format!("line {number}"), error))?;
        }
        lines.end_text()?;
        Ok(Body::new(lines))
    }
}

fn push_line(lines: &mut Plan, line: &Plan) -> Result<()> {
    if line.len() == 0 {
        return Err(Error::new(ErrorKind::Invalid, "the body is empty, which is not JSON"));
    }
    for (_, segment) in line.segments() {
        match segment {
            Segment::Base64(media) => lines.push_media(media.clone())?,
            Segment::Text(text) => {
                // Strings of JSON contain no line breaks.
                for (index, part) in text.split(['\n', '\r']).enumerate() {
                    if index > 0 {
                        lines.push_text(b" ");
                    }
                    lines.push_text(part.as_bytes());
                }
            }
            Segment::Framing(_) | Segment::Zstd(_) => {
                debug_assert!(false, "a plain body has no coded segments")
            }
        }
    }
    lines.push_text(b"\n");
    Ok(())
}
