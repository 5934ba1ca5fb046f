//! Finds the file that a path was meant to name, if the names differ only in a kind of space.
//!
//! macOS puts U+202F into the names of screenshots, and copied text often contains U+00A0. Both look like an
//! ordinary space.

use crate::escape::shorten_again;
use std::{
    fs,
    path::{Component, Path, PathBuf},
};

/// Returns a hint for a path that does not exist, such as `; did you mean ...?`.
pub fn hint(path: &Path) -> Option<String> {
    let found = with_other_space(path)?;
    let (given, found) = (path.to_str()?, found.to_str()?);
    let (other, space) = found.chars().zip(given.chars()).find(|(found, given)| found != given)?;
    let found = shorten_again(found);
    let code = |c| format!("U+{:04X}", u32::from(c));
    Some(format!(
        "; did you mean {found}? It has {} where your name has {}; press Tab to complete the name",
        code(other),
        code(space)
    ))
}

/// Returns the path of an existing file.
fn with_other_space(path: &Path) -> Option<PathBuf> {
    let mut found = PathBuf::new();
    for component in path.components() {
        let exact = found.join(component);
        if fs::symlink_metadata(&exact).is_ok() {
            found = exact;
            continue;
        }
        let Component::Normal(name) = component else { return None };
        let name = with_plain_spaces(name.to_str()?);
        let dir = if found.as_os_str().is_empty() { Path::new(".") } else { &found };
        let names = fs::read_dir(dir).ok()?.flatten().map(|entry| entry.file_name());
        let similar = |other: &str| with_plain_spaces(other) == name;
        let existing = { names }.find(|other| other.to_str().is_some_and(similar))?;
        found.push(existing);
    }
    Some(found)
}

fn with_plain_spaces(name: &str) -> String {
    let is_invisible = |c| matches!(c, '\u{200b}' | '\u{2060}' | '\u{feff}');
    name.replace(|c: char| c.is_whitespace() || is_invisible(c), " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    #[test]
    fn any_component_may_have_another_space() {
        let folder = TempDir::new().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("my\u{a0}files")).unwrap();
        fs::write(at("my\u{a0}files/Shot 9.41\u{202f}PM.png"), "").unwrap();
        fs::write(at("a b"), "").unwrap();
        for given in ["my files/Shot 9.41 PM.png", "my\u{a0}files/Shot\u{2003}9.41 PM.png"] {
            let hint = hint(&at(given)).unwrap();
            assert!(hint.contains("my\u{a0}files/Shot 9.41\u{202f}PM.png? It has U+"), "{hint}");
        }
        assert!(
            hint(&at("a\u{202f}b"))
                .unwrap()
                .ends_with("/a b? It has U+0020 where your name has U+202F; press Tab to complete the name")
        );
        for given in ["ab", "a  b", "a b/c", "none", "my files/none", "../x y"] {
            assert_eq!(hint(&at(given)), None, "{given}");
        }
    }
}
