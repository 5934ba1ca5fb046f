//! Names of media in messages, and URLs whose type the service knows.

use crate::escape::shorten;
use niello::{NameKind, Source};

/// Returns a name for use in messages: short, without media, and of a URL without what may be secret, its user,
/// query and fragment.
pub fn displayed(name: &str) -> String {
    match NameKind::of(name) {
        NameKind::Path | NameKind::Uploaded => shorten(name),
        _ => shorten(&Source::from(name).to_string()),
    }
}

/// Returns true if the service knows the type of the file: a YouTube video, or a file of Google's Files API.
pub fn has_known_type(url: &str) -> bool {
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let host = host.to_ascii_lowercase();
    let is_youtube = ["youtube.com", "youtu.be"].iter().any(|youtube| {
        host.strip_suffix(youtube).is_some_and(|before| before.is_empty() || before.ends_with('.'))
    });
    let is_uploaded = host == "generativelanguage.googleapis.com"
        && path.split(['?', '#']).next().is_some_and(|path| format!("/{path}").contains("/files/"));
    is_youtube || is_uploaded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn displayed_names_are_short_and_contain_no_tokens() {
        for (name, expected) in [
            ("https://h/v.mp4?sig=SECRET", "https://h/v.mp4?..."),
            ("h.com/v.mp4?sig=SECRET", "h.com/v.mp4?..."),
            ("who?.mp4", "who?.mp4"),
        ] {
            assert_eq!(displayed(name), expected);
        }
        assert!(displayed(&format!("https://h/{}", "é ".repeat(1000))).len() <= 140);
    }

    #[test]
    fn type_is_known_for_youtube_and_uploaded_files() {
        for (url, expected) in [
            ("https://youtu.be/x", true),
            ("https://www.YouTube.com/watch?v=x", true),
            ("https://generativelanguage.googleapis.com/v1beta/files/abc", true),
            ("https://notyoutube.com/x", false),
            ("https://h/files/abc", false),
            ("https://generativelanguage.googleapis.com/v1beta/x?/files/", false),
            ("gs://youtube.com.evil/x", false),
            ("gs://bucket/name", false),
        ] {
            assert_eq!(has_known_type(url), expected, "{url}");
        }
    }
}
