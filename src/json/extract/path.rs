//! Where media is in JSON: paths, and the default rule for which strings are media.

use std::fmt;

/// The JSON path of a string, such as `$.candidates[0].content.parts[1].inlineData.data`.
///
/// `Display` shows at most the last 160 bytes of it.
#[derive(Clone, Debug, Default)]
pub struct JsonPath(Vec<Step>);

/// A step from an object or a list to one of its values.
#[derive(Clone, Debug, Default)]
pub(super) struct Step {
    pub(super) is_object: bool,
    pub(super) key: String,
    pub(super) index: usize,
}

impl JsonPath {
    /// Returns `true` if the last steps are these keys, the innermost last.
    ///
    /// # Examples
    ///
    /// ```
    /// use niello::{Extractor, Place};
    ///
    /// let mut extractor = Extractor::new().rule(|path| {
    ///     if path.ends_with(&["sound", "wav"]) { Place::Media } else { Place::of(path) }
    /// });
    /// extractor.push(br#"{"sound": {"wav": "UklGRg=="}, "text": "UklGRg=="}"#)?;
    /// let extracted = extractor.finish()?;
    /// assert_eq!(extracted.media().len(), 1);
    /// assert_eq!(extracted.media()[0].path(), "$.sound.wav");
    /// # Ok::<(), niello::Error>(())
    /// ```
    pub fn ends_with(&self, keys: &[&str]) -> bool {
        let start = self.0.len().checked_sub(keys.len());
        start.is_some_and(|start| {
            self.0[start..].iter().zip(keys).all(|(step, key)| step.is_object && step.key == *key)
        })
    }

    /// Returns the key of the string in its object, or `None` if it is an item of a list.
    pub fn key(&self) -> Option<&str> {
        self.0.last().filter(|step| step.is_object).map(|step| &*step.key)
    }

    /// Returns the keys of all objects on the path, the outermost first.
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.0.iter().filter(|step| step.is_object).map(|step| &*step.key)
    }

    pub(super) fn push(&mut self, is_object: bool) {
        self.0.push(Step { is_object, ..Step::default() });
    }

    pub(super) fn pop(&mut self) {
        self.0.pop();
    }

    pub(super) fn last_mut(&mut self) -> Option<&mut Step> {
        self.0.last_mut()
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

/// The number of bytes that a path shows. Every media keeps its path, so long ones would add up.
const SHOWN: usize = 160;

impl fmt::Display for JsonPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut room = SHOWN;
        // The end identifies the place.
        let fits = self.0.iter().rev().take_while(|step| {
            let len =
                if step.is_object { 1 + step.key.len() } else { 2 + step.index.max(1).ilog10() as usize };
            room = room.saturating_sub(len);
            room > 0
        });
        let fits = fits.count();
        f.write_str(if fits == self.0.len() { "$" } else { "..." })?;
        for step in &self.0[self.0.len() - fits..] {
            match step.is_object {
                true => write!(f, ".{}", step.key)?,
                false => write!(f, "[{}]", step.index)?,
            }
        }
        Ok(())
    }
}

/// What a string at a path of the JSON may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// Media: base64, or a data URI. An empty string and one that begins with `https:`, `http:` or `gs:` are text, and
    /// any other string is an error.
    Media,
    /// Media if it begins with `data:<mime>;base64,` and at least 1,024 characters of base64, or all of the string is
    /// base64 from there. Any other string is text.
    DataUri,
    /// Text.
    Text,
}

impl Place {
    /// Returns the place that a path has by default.
    ///
    /// | path ends with | place |
    /// |---|---|
    /// | `inlineData.data`, `inline_data.data`, `audio.data`, `input_audio.data`, `b64_json`, `file_data` | [`Media`](Place::Media) |
    /// | `text`, `content`, `arguments`, `input` | [`Text`](Place::Text) |
    /// | anything else | [`DataUri`](Place::DataUri) |
    ///
    /// The arguments and results of functions may have any keys, so within `functionCall.args` and
    /// `functionResponse.response`, in either spelling, only data URIs are media.
    pub fn of(path: &JsonPath) -> Place {
        let Some(key) = path.key() else { return Place::DataUri };
        match key {
            "data" if MEDIA.iter().any(|parent| path.ends_with(&[parent, "data"])) && !is_free_form(path) => {
                Place::Media
            }
            "b64_json" | "file_data" if !is_free_form(path) => Place::Media,
            "text" | "content" | "arguments" | "input" => Place::Text,
            _ => Place::DataUri,
        }
    }
}

/// The objects whose `data` is media.
const MEDIA: [&str; 4] = ["inlineData", "inline_data", "audio", "input_audio"];

fn is_free_form(path: &JsonPath) -> bool {
    path.0.windows(2).any(|steps| {
        matches!(
            (&*steps[0].key, &*steps[1].key),
            ("functionCall" | "function_call", "args")
                | ("functionResponse" | "function_response", "response")
        )
    })
}
