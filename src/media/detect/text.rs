//! Text, which is never media: an error page, a pointer in place of a file, or base64 that somebody saved.

/// Returns what sort of text the content begins with, or `None` if it is not text.
pub(super) fn kind(head: &[u8]) -> Option<&'static str> {
    let head = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
    if head.starts_with(b"\xFF\xFE") || head.starts_with(b"\xFE\xFF") {
        let (pairs, _) = head.as_chunks::<2>();
        let is_latin = |pair: &&[u8; 2]| pair[0] == 0 || pair[1] == 0;
        return (pairs.len() > 4 && pairs.iter().filter(is_latin).count() > pairs.len() / 2)
            .then_some("UTF-16 text");
    }
    if is_utf16(head, 0) || is_utf16(head, 1) {
        return Some("UTF-16 text");
    }
    if head.len() < 4 || head.iter().any(is_control) || !is_mostly_ascii(head) {
        return None;
    }
    let start = head.trim_ascii_start();
    let begins = |prefix: &str| {
        start.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix.as_bytes()))
    };
    Some(if begins("version https://git-lfs.github.com/spec/") {
        "a Git LFS pointer"
    } else if begins("<!doctype html") || begins("<html") {
        "an HTML page"
    } else if begins("<") {
        "XML"
    } else if begins("data:") {
        "a data: URI"
    } else if begins("{") || begins("[") {
        "JSON"
    } else if is_base64(start) {
        "base64 text"
    } else {
        "text"
    })
}

/// Binary formats have control characters in their headers; text has few.
fn is_control(byte: &u8) -> bool {
    *byte < 0x20 && !b"\t\n\x0C\r\x1B".contains(byte) || *byte == 0x7F
}

/// UTF-16 of ASCII without a byte order mark. `high` is the place of the high byte of a pair.
fn is_utf16(head: &[u8], high: usize) -> bool {
    let (pairs, _) = head.as_chunks::<2>();
    pairs.len() > 4
        && pairs
            .iter()
            .all(|pair| pair[high] == 0 && pair[1 - high].is_ascii() && !is_control(&pair[1 - high]))
}

/// UTF-8, or bytes of which most are ASCII, as in a page in Latin-1.
fn is_mostly_ascii(head: &[u8]) -> bool {
    match std::str::from_utf8(head) {
        Ok(_) => true,
        // Cut within a character.
        Err(error) if error.error_len().is_none() => true,
        Err(_) => head.iter().filter(|byte| byte.is_ascii()).count() > head.len() / 8 * 7,
    }
}

fn is_base64(text: &[u8]) -> bool {
    text.len() >= 16 && text.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+/=-_\r\n".contains(byte))
}
