//! An event whose lines are events: some servers leave out the blank lines between them.

use super::{DONE, is_json};

/// Returns `true` if the data of an event is not JSON but each line is an object.
pub(super) fn are_events(data: &str) -> bool {
    if !data.contains('\n') || is_json(data.as_bytes()) {
        return false;
    }
    let is_done = |line: &&str| line.trim_ascii().as_bytes() == DONE;
    let is_object = |line: &str| line.trim_ascii_start().starts_with('{') && is_json(line.as_bytes());
    let mut objects =
        data.split('\n').filter(|line| !line.trim_ascii().is_empty() && !is_done(line)).peekable();
    objects.peek().is_some() && objects.all(is_object)
}
