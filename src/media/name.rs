//! What a string that should name media is, by its form alone: a URL, a path, or the data itself.

use std::borrow::Cow;

/// What a string that should name media is, by its form alone. No file is looked for and nothing is fetched.
///
/// Parts accept URLs. A path or a mistyped URL in their place is an error when the body is made, and
/// [`Media::open`](crate::Media::open) opens paths. A program that accepts both in one option can use this to tell
/// which one it was given.
///
/// # Examples
/// ```
/// use niello::NameKind;
///
/// assert_eq!(NameKind::of("https://example.com/clip.mp4"), NameKind::Url);
/// assert_eq!(NameKind::of("clip.mp4"), NameKind::Path);
/// let meant = "https://example.com/clip.mp4".to_owned();
/// assert_eq!(NameKind::of("https:/example.com/clip.mp4?t=1"), NameKind::Mistyped { meant });
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NameKind {
    /// A URL that a server may know how to fetch: `https://`, `gs://`, and any other scheme but `file:`.
    Url,
    /// The name of an uploaded file: `files/abc` (Google), `file-abc` (OpenAI).
    Uploaded,
    /// A URL of a local file: `file:`.
    FileUrl,
    /// A web URL with a mistake in or after its scheme, or without a scheme: `htp://example.com/a`,
    /// `https:/example.com/a`, `www.example.com/a`, `example.com/a`. It may also be the path of a file.
    Mistyped {
        /// The URL that is probably meant, with `...` in place of credentials, and without query and fragment.
        meant: String,
    },
    /// A data URI: `data:video/mp4;base64,AAAA`.
    DataUri,
    /// Base64 without a `data:` prefix, recognized by the first bytes of common media, or by its length.
    Base64,
    /// Anything else, which can only be the path of a file.
    Path,
}

impl NameKind {
    /// Returns what `name` is.
    pub fn of(name: &str) -> NameKind {
        if data_uri(name).is_some() {
            NameKind::DataUri
        } else if strip_scheme(name, "file:").is_some() {
            NameKind::FileUrl
        } else if resembles_base64(name) {
            NameKind::Base64
        } else if let Some(meant) = mistyped(name) {
            NameKind::Mistyped { meant: redact(&meant) }
        } else if has_scheme(name) {
            NameKind::Url
        } else if is_uploaded(name) {
            NameKind::Uploaded
        } else {
            NameKind::Path
        }
    }
}

/// Returns a name for a message: its beginning and its end if it has more than 200 bytes.
pub(super) fn shortened(name: &str) -> Cow<'_, str> {
    const END: usize = 96;
    if name.len() <= 200 {
        return name.into();
    }
    let is_boundary = |at: &usize| name.is_char_boundary(*at);
    let start = (0..=END).rev().find(is_boundary).unwrap_or(0);
    let end = (name.len() - END..).find(is_boundary).unwrap_or(name.len());
    format!("{}...{}", &name[..start], &name[end..]).into()
}

/// Returns what follows the scheme of a data URI, or `None` for any other URL.
pub(crate) fn data_uri(url: &str) -> Option<&str> {
    strip_scheme(url, "data:")
}

/// Removes a scheme, which is case-insensitive.
fn strip_scheme<'a>(url: &'a str, scheme: &str) -> Option<&'a str> {
    let (start, rest) = url.split_at_checked(scheme.len())?;
    start.eq_ignore_ascii_case(scheme).then_some(rest)
}

fn has_scheme(url: &str) -> bool {
    // A single letter is a Windows drive. `take:2.mp4` has a colon but no scheme.
    url.split_once(":/").is_some_and(|(scheme, _)| {
        scheme.len() > 1
            && scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-".contains(&byte))
    })
}

/// Returns `true` for the identifier of an uploaded file, which has no dot, unlike a file name with an extension.
fn is_uploaded(name: &str) -> bool {
    let id = ["files/", "file-", "file_"].iter().find_map(|prefix| name.strip_prefix(prefix));
    id.is_some_and(|id| {
        !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    })
}

/// Returns the URL that a mistyped one probably means, without its query. Returns `None` for URLs and for paths.
fn mistyped(name: &str) -> Option<String> {
    let rest = match split_scheme(name) {
        Some((scheme, "://", _)) if is_web(scheme) => None,
        Some((scheme, _, rest)) if is_almost_web(scheme) => Some(rest).filter(|rest| !rest.is_empty()),
        _ if has_scheme(name) => None,
        _ => Some(name.strip_prefix("//").unwrap_or(name)).filter(|rest| begins_with_host(rest)),
    }?;
    let (address, _) = rest.split_once(['?', '#']).unwrap_or((rest, ""));
    Some(format!("https://{address}"))
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

/// Returns `true` for `http`, `https`, and what one typing error makes of them.
fn is_almost_web(scheme: &str) -> bool {
    let scheme = scheme.to_ascii_lowercase();
    ["http", "https"].iter().any(|web| differs_once(scheme.as_bytes(), web.as_bytes()))
}

/// Returns `true` if the words differ at most in one letter, which is wrong, missing, additional, or exchanged with
/// the next one.
fn differs_once(a: &[u8], b: &[u8]) -> bool {
    let start = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let (a, b) = (&a[start..], &b[start..]);
    let end = a.iter().rev().zip(b.iter().rev()).take_while(|(a, b)| a == b).count();
    match (&a[..a.len() - end], &b[..b.len() - end]) {
        ([] | [_], [] | [_]) => true,
        ([a, b], [c, d]) => (a, b) == (d, c),
        _ => false,
    }
}

/// Returns `true` for a host with a path, and for any host in `www`. A host alone looks like a file: `clip.mov`.
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

/// The smallest length of what is recognized as base64, of which messages show no more.
const BASE64_LEN: usize = 16;

fn resembles_base64(name: &str) -> bool {
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

/// The largest number of bytes of a name that errors and `Debug` show.
const SHOWN_LEN: usize = 200;

/// Returns a name as errors and `Debug` show it: at most 200 bytes, without media, and without the credentials, query
/// and fragment of a URL. The query of a signed URL contains its signature.
pub(crate) fn redact(name: &str) -> String {
    let trimmed = name.trim_start();
    if let Some(rest) = data_uri(trimmed) {
        let (header, data) = rest.split_once(',').unwrap_or(("", rest));
        return format!("data:{},... ({} more bytes)", cut(header, SHOWN_LEN - 50), data.len());
    }
    if resembles_base64(trimmed) {
        return format!("{}... ({} bytes)", &trimmed[..BASE64_LEN], trimmed.len());
    }
    let end = name.find(['?', '#']).map_or(name.len(), |mark| mark + 1);
    let (visible, hidden) = name.split_at(end);
    let visible = match credentials(visible) {
        Some((before, after)) => format!("{before}...{after}"),
        None => visible.to_owned(),
    };
    match visible.len() {
        0..=SHOWN_LEN if hidden.is_empty() => visible,
        _ => format!("{}...", cut(&visible, SHOWN_LEN - 3)),
    }
}

/// Returns the first `len` bytes of `text`, or fewer to end at a character.
fn cut(text: &str, len: usize) -> &str {
    let end = (0..=len.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    &text[..end.unwrap_or_default()]
}

/// Returns what comes before and after the `user:password` of a URL, if it has one.
fn credentials(url: &str) -> Option<(&str, &str)> {
    let slashes = url.find("//").map(|at| at + "//".len());
    let start = slashes.or_else(|| split_scheme(url).map(|(_, _, rest)| url.len() - rest.len()))?;
    let authority = url[start..].split('/').next().unwrap_or_default();
    Some((&url[..start], &url[start + authority.rfind('@')?..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_show_at_most_200_bytes_of_a_name() {
        for (unit, count) in [("a", 200), ("é", 100), ("a", 201), ("é", 5000), ("€", 68)] {
            let name = unit.repeat(count);
            let shown = shortened(&name);
            assert_eq!(name.len() <= 200, shown == name);
            assert!(shown.len() <= 200 && shown.starts_with(unit) && shown.ends_with(unit), "{shown}");
        }
    }
    use NameKind::*;

    fn meant(name: &str) -> Option<String> {
        match NameKind::of(name) {
            Mistyped { meant } => Some(meant),
            _ => None,
        }
    }

    #[test]
    fn misspelled_urls_are_recognized() {
        for (name, expected) in [
            ("htp://host/x", "https://host/x"),
            ("htps://host/x", "https://host/x"),
            ("hhtps://host/x", "https://host/x"),
            ("htpts://host/x", "https://host/x"),
            ("htttps://host/x?sig=SECRET", "https://host/x"),
            ("hhtp://host/x#SECRET", "https://host/x"),
            ("ttps://user:SECRET@host/x", "https://...@host/x"),
            ("https:/user:SECRET@example.com/a", "https://...@example.com/a"),
            ("https:///example.com/a", "https://example.com/a"),
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
            assert!(!redact(name).contains("SECRET"), "{name}: {}", redact(name));
        }
    }

    #[test]
    fn names_are_told_apart_by_their_form() {
        let base64 = "q83vEjRWeJq83vEjRWeJ".repeat(6);
        let wrapped = format!("{}\n{}==\n", &base64[..76], &base64[..30]);
        let deep = "/home/user/videos/of/last/summer/".repeat(4) + "clip";
        for (kind, names) in [
            (
                Url,
                &[
                    "https://host/x",
                    "HTTP://host/x",
                    "gs://bucket/my clip.mp4",
                    "s3://bucket/x",
                    "ftp://host/x",
                    "hdfs://host/x",
                    "dbfs:/Volumes/main/default/v/clip.mp4",
                    "abfss://c@account.dfs.core.windows.net/x",
                ][..],
            ),
            (Uploaded, &["files/abc-123", "file-abc", "file_011CNha8iCJcU1wXNR6q4V8w"]),
            (FileUrl, &["file:///clip.mp4", "FILE://localhost/clip.mp4", "file:clip.mp4"]),
            (DataUri, &["data:,x", "DATA:video/mp4;base64,AAAA"]),
            (
                Base64,
                &["iVBORw0KGgoAAAANSUhEUg==", "/9j/4AAQSkZJRgABAQ", "AAAAGGZ0eXBtcDQy", &base64, &wrapped],
            ),
            (
                Path,
                &[
                    "",
                    "-",
                    ":",
                    "://",
                    "http:",
                    "AAAA",
                    "clip",
                    "clip.mp4",
                    "my clip.mp4",
                    "./clip.mp4",
                    "./a://b",
                    "../a.b/clip.mp4",
                    "~/clip.mp4",
                    "..\\clip.mp4",
                    "C:\\clip.mp4",
                    "C:/clip.mp4",
                    "/tmp/clip.mp4",
                    "//tmp/clip.mp4",
                    "clips.d/clip.mp4",
                    "v1.2/clip.mp4",
                    "a b.com/clip.mp4",
                    "http/clip.mp4",
                    "take:2.mp4",
                    "é:/x",
                    "é.com/x",
                    "1a:/b",
                    "files/clip.mp4",
                    "files/",
                    "file-.mp4",
                    "iVBORw0KGgo.png",
                    "Recordings/Today1",
                    &deep,
                ],
            ),
        ] {
            for name in names {
                assert_eq!(NameKind::of(name), kind, "{name}");
            }
        }
    }

    #[test]
    fn shown_names_contain_no_media_and_no_secrets() {
        let (long, base64) = (format!("https://h/{}", "é ".repeat(300)), "q83vEjRWeJ".repeat(1000));
        for (name, shown) in [
            ("https://h/v.mp4", "https://h/v.mp4"),
            ("https://h/v.mp4?X-Amz-Signature=SECRET", "https://h/v.mp4?..."),
            ("https://h/v.mp4?X-Amz-Signature=SECRET#SECRET", "https://h/v.mp4?..."),
            ("https://h/v.mp4#SECRET?x=1", "https://h/v.mp4#..."),
            ("https://h/v.mp4?", "https://h/v.mp4?"),
            ("clip.mp4?t=SECRET", "clip.mp4?..."),
            ("me@home.mp4", "me@home.mp4"),
            ("https://user:SECRET@h/v@2.mp4?t=SECRET", "https://...@h/v@2.mp4?..."),
            ("s3://SECRET@h", "s3://...@h"),
            ("https://h/v@2.mp4", "https://h/v@2.mp4"),
            ("data:video/mp4;base64,SECRET", "data:video/mp4;base64,... (6 more bytes)"),
            ("Data:SECRET", "data:,... (6 more bytes)"),
            (&base64, "q83vEjRWeJq83vEj... (10000 bytes)"),
            (&long, &format!("https://h/{}...", "é ".repeat(62))),
        ] {
            assert_eq!(redact(name), shown);
            assert!(redact(name).len() <= SHOWN_LEN, "{shown}");
            assert_eq!(format!("{:?}", crate::Source::from(name)), format!("Url({shown:?})"));
        }
    }
}
