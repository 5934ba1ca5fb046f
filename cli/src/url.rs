//! Names that are URLs, that were meant to be URLs, or that are data instead of names.

use crate::escape::{shorten, shorten_again};

/// Returns true for any name with a scheme.
pub fn is_url(name: &str) -> bool {
    name.split_once("://").is_some_and(|(scheme, _)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
    })
}

/// Returns the URL that a name was probably meant to be, without its query, for display. Returns `None` for valid
/// URLs and for paths.
///
/// A name without a scheme is a URL only if it begins with a host.
pub fn meant(name: &str) -> Option<String> {
    let rest = match split_scheme(name) {
        Some((scheme, "://", _)) if is_web(scheme) => None,
        Some((scheme, _, rest)) if is_almost_web(scheme) => Some(rest).filter(|rest| !rest.is_empty()),
        _ if is_url(name) => None,
        _ => Some(name.strip_prefix("//").unwrap_or(name)).filter(|rest| begins_with_host(rest)),
    }?;
    let (address, _) = rest.split_once(['?', '#']).unwrap_or((rest, ""));
    Some(shorten_again(&displayed(&format!("https://{address}"))))
}

/// Splits a name that begins with a word and a mark such as `://`, `:/` or `//`.
fn split_scheme(name: &str) -> Option<(&str, &str, &str)> {
    let word = name.find(|c: char| !c.is_ascii_alphabetic())?;
    let (scheme, rest) = name.split_at(word);
    let mark = rest.find(|c| !matches!(c, ':' | '/' | '\\')).unwrap_or(rest.len());
    let (mark, rest) = rest.split_at(mark);
    // A directory may be named like a scheme.
    (mark.len() > 1 || mark == ":").then_some((scheme, mark, rest))
}

fn is_web(scheme: &str) -> bool {
    ["http", "https"].iter().any(|web| scheme.eq_ignore_ascii_case(web))
}

/// Returns true for `http`, `https`, and what one typing error makes of them.
fn is_almost_web(scheme: &str) -> bool {
    let scheme = scheme.to_ascii_lowercase();
    ["http", "https"].iter().any(|web| strsim::osa_distance(&scheme, web) <= 1)
}

/// Returns true for a host with a path, and for any host in `www`. A host alone looks like a file: `clip.mov`.
fn begins_with_host(address: &str) -> bool {
    let host = address.split(['/', '?', '#']).next().unwrap_or_default();
    (host.len() < address.len() || host.starts_with("www.")) && is_host(host)
}

fn is_host(host: &str) -> bool {
    let (host, port) = host.split_once(':').unwrap_or((host, "0"));
    let is_label = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let is_top_level = |label: &str| label.len() > 1 && label.bytes().all(|byte| byte.is_ascii_alphabetic());
    port.parse::<u16>().is_ok()
        && host.split('.').all(is_label)
        && host.rsplit_once('.').is_some_and(|(_, top_level)| is_top_level(top_level))
}

/// Returns a name for use in messages: short, and of a URL without what may be secret, its user, query and
/// fragment.
pub fn displayed(name: &str) -> String {
    if is_data_uri(name) {
        return "data:...".to_owned();
    }
    if is_base64(name) {
        return format!("{}...", &name[..BASE64_LEN]);
    }
    if !is_url(name) && meant(name).is_none() {
        return shorten(name);
    }
    let (address, rest) = match name.find(['?', '#']) {
        Some(end) => (&name[..end], format!("{}...", &name[end..=end])),
        None => (name, String::new()),
    };
    let start = address.find("//").map_or(0, |at| at + 2);
    let authority = address[start..].split('/').next().unwrap_or_default();
    let address = match authority.rfind('@') {
        Some(at) => format!("{}...{}", &address[..start], &address[start + at..]),
        None => address.to_owned(),
    };
    shorten(&(address + &rest))
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

pub fn is_data_uri(name: &str) -> bool {
    name.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("data:")) && name.contains([',', ';'])
}

/// The smallest length of what is recognized as base64, of which messages show no more.
const BASE64_LEN: usize = 16;

/// Returns true if a name looks like base64: by the first bytes of common media, or by its length and its
/// characters.
pub fn is_base64(name: &str) -> bool {
    // RIFF, PNG, JPEG, GIF, PDF, ID3, MPEG audio, Ogg, FLAC, and EBML. MP4 begins with the length of its first box.
    const HEADS: [&str; 11] = [
        "UklGR",
        "iVBORw0KGgo",
        "/9j/",
        "R0lGOD",
        "JVBERi0",
        "SUQz",
        "//uQ",
        "//vQ",
        "T2dnUw",
        "ZkxhQ",
        "GkXfo",
    ];
    let is_mp4 = name.starts_with("AAAA") && name.get(6..).is_some_and(|rest| rest.starts_with("Z0eXB"));
    let has_head = is_mp4 || HEADS.iter().any(|head| name.starts_with(head));
    let is_long = name.len() >= 100 && name.matches('/').count() * 16 < name.len();
    let digits = name.trim_end().trim_end_matches('=');
    let is_digit = |byte: u8| byte.is_ascii_alphanumeric() || b"+/-_\r\n".contains(&byte);
    digits.len() >= BASE64_LEN && (has_head || is_long) && digits.bytes().all(is_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_a_scheme_are_urls() {
        for (text, expected) in [
            ("https://a/b", true),
            ("gs://b/c", true),
            ("./a://b", false),
            ("a.mp4", false),
            ("-", false),
            ("://", false),
        ] {
            assert_eq!(is_url(text), expected, "{text}");
        }
    }

    #[test]
    fn misspelled_urls_are_recognized() {
        for (name, expected) in [
            ("htp://host/x", "https://host/x"),
            ("htps://host/x", "https://host/x"),
            ("htttps://host/x?sig=SECRET", "https://host/x"),
            ("hhtp://host/x#SECRET", "https://host/x"),
            ("ttps://user:SECRET@host/x", "https://...@host/x"),
            ("https:/example.com/a", "https://example.com/a"),
            ("https//example.com/a", "https://example.com/a"),
            ("https:example.com/a", "https://example.com/a"),
            ("HTTP:\\\\example.com/a", "https://example.com/a"),
            ("//example.com/a", "https://example.com/a"),
            ("www.example.com/x.mp4", "https://www.example.com/x.mp4"),
            ("www.example.com", "https://www.example.com"),
            ("example.com/clip.mp4", "https://example.com/clip.mp4"),
            ("example.com:8080/clip.mp4?SECRET", "https://example.com:8080/clip.mp4"),
            ("www.a-b.org/x?y", "https://www.a-b.org/x"),
        ] {
            assert_eq!(meant(name).as_deref(), Some(expected), "{name}");
            assert!(!displayed(name).contains("SECRET"), "{name}");
        }
    }

    #[test]
    fn paths_and_other_schemes_are_not_misspelled_urls() {
        for name in [
            "https://host/x",
            "HTTP://host/x",
            "gs://bucket/x",
            "s3://bucket/x",
            "ftp://host/x",
            "hdfs://host/x",
            "clip.mp4",
            "./clip.mp4",
            "../a.b/clip.mp4",
            "clips.d/clip.mp4",
            "v1.2/clip.mp4",
            "a b.com/clip.mp4",
            "http/clip.mp4",
            "C:\\clip.mp4",
            "C:/clip.mp4",
            "/tmp/clip.mp4",
            "//tmp/clip.mp4",
            "-",
            "",
            "http:",
            "é.com/x",
        ] {
            assert_eq!(meant(name), None, "{name}");
        }
    }

    #[test]
    fn displayed_names_contain_no_tokens_and_no_media() {
        let base64 = "AAAAIGZ0eXBpc29tAAACAGlzb21pc28y".repeat(1000);
        for (name, expected) in [
            ("https://h/v.mp4?sig=SECRET", "https://h/v.mp4?..."),
            ("https://h/v.mp4#SECRET?x", "https://h/v.mp4#..."),
            ("https://user:SECRET@h/v@2.mp4", "https://...@h/v@2.mp4"),
            ("h.com/v.mp4?sig=SECRET", "h.com/v.mp4?..."),
            ("data:video/mp4;base64,AAAA", "data:..."),
            ("DATA:video/mp4;base64", "data:..."),
            ("who?.mp4", "who?.mp4"),
            (&base64, "AAAAIGZ0eXBpc29t..."),
        ] {
            assert_eq!(displayed(name), expected);
        }
        assert!(displayed(&format!("https://h/{}", "é ".repeat(1000))).len() <= 200);
    }

    #[test]
    fn base64_is_recognized_by_its_start_or_its_length() {
        let random = "q83vEjRWeJq83vEjRWeJ".repeat(6);
        let wrapped = format!("{}\n{}==\n", &random[..76], &random[..30]);
        for name in ["iVBORw0KGgoAAAANSUhEUg==", "/9j/4AAQSkZJRgABAQ", "AAAAGGZ0eXBtcDQy", &random, &wrapped]
        {
            assert!(is_base64(name), "{name}");
        }
        let path = "/home/user/videos/of/last/summer/".repeat(4) + "clip";
        for name in
            ["clip.mp4", "iVBORw0KGgo.png", "AAAA", "Recordings/Today1", &path, &(random.clone() + ".mp4")]
        {
            assert!(!is_base64(name), "{name}");
        }
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
