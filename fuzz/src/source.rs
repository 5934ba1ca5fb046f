//! Arbitrary sources of the command: what is written with quotes and suffixes is read back, and nothing panics.

#[allow(dead_code)]
#[path = "../../cli/src/source.rs"]
mod command;
#[allow(dead_code)]
#[path = "../../cli/src/descriptor.rs"]
mod descriptor;
#[allow(dead_code)]
#[path = "../../cli/src/escape.rs"]
mod escape;

use super::judged::Judged;
use arbitrary::{Arbitrary, Unstructured};
use command::Src;
use std::{
    ffi::{OsStr, OsString},
    time::Duration,
};

#[derive(Arbitrary)]
struct Input<'a> {
    name: &'a str,
    mime: Option<u8>,
    fps: Option<f64>,
    start: Option<u32>,
    end: Option<u32>,
    /// Which suffix comes first.
    order: u8,
    bytes: &'a [u8],
}

const TYPES: [&str; 5] = ["video/mp4", "audio/pcm;rate=16000", "text/plain; charset=\"utf-8\"", "=", ""];

pub fn source(data: &[u8], judged: &mut Judged) {
    if let Ok(text) = str::from_utf8(data) {
        check_text(text, judged);
    }
    let Ok(input) = Input::arbitrary_take_rest(Unstructured::new(data)) else { return };
    check_written(&input, judged);
    check_text(&suffixes(&input.source(), input.order, input.name), judged);
    check_bytes(input.bytes, judged);
}

impl Input<'_> {
    fn source(&self) -> Src {
        // Times in milliseconds are exact.
        let time = |time: u32| Duration::from_millis(time.into());
        Src {
            name: self.name.into(),
            mime: self.mime.map(|mime| TYPES[usize::from(mime) % TYPES.len()].to_owned()),
            fps: self.fps.filter(|fps| !fps.is_nan()),
            start: self.start.map(time),
            end: self.end.map(time),
        }
    }
}

/// Checks that a source that is written is read back.
fn check_written(input: &Input<'_>, judged: &mut Judged) {
    let source = input.source();
    let text = suffixes(&source, input.order, &quoted(input.name));
    match Src::parse(&text) {
        Ok(read) => assert_eq!(read, source, "{text:?}"),
        Err(error) => assert!(input.name.is_empty(), "{text:?}: {error}"),
    }
    judged.case();
    judged.step(text.len());
}

/// Checks that text which is a source is the same source when it is written with quotes.
fn check_text(text: &str, judged: &mut Judged) {
    let Ok(source) = Src::parse(text) else { return };
    let _ = (source.url(), source.is_stdin());
    if source.fps.is_some_and(f64::is_nan) {
        return;
    }
    let name = source.name.to_str().expect("text has a name that is text");
    let again = suffixes(&source, 0, &quoted(name));
    assert_eq!(Src::parse(&again).as_ref(), Ok(&source), "{text:?} was written as {again:?}");
    judged.case();
    judged.step(text.len());
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Returns a name with the suffixes of a source.
fn suffixes(source: &Src, order: u8, name: &str) -> String {
    let seconds = |time: Duration| format!("{}.{:09}s", time.as_secs(), time.subsec_nanos());
    let mut suffixes = [
        ("type", source.mime.clone()),
        ("fps", source.fps.map(|fps| fps.to_string())),
        ("start", source.start.map(seconds)),
        ("end", source.end.map(seconds)),
    ];
    suffixes.rotate_left(usize::from(order) % 4);
    let suffixes = suffixes.into_iter().filter_map(|(key, value)| Some(format!(";{key}={}", value?)));
    name.to_owned() + &suffixes.collect::<String>()
}

/// Checks that a name which is not UTF-8 is kept, and so are its suffixes.
#[cfg(unix)]
fn check_bytes(bytes: &[u8], judged: &mut Judged) {
    use std::os::unix::ffi::{OsStrExt, OsStringExt};

    let Ok(plain) = Src::from_arg(OsStr::from_bytes(bytes)) else { return };
    let mut arg = OsString::from(OsStr::from_bytes(bytes));
    arg.push(";fps=2");
    if plain.fps.is_none() {
        let Src { name, fps, .. } = Src::from_arg(&arg).unwrap();
        assert_eq!((&name, fps), (&plain.name, Some(2.0)), "{arg:?}");
    }
    if !bytes.starts_with(b"\"") && !bytes.contains(&b';') {
        assert_eq!(plain.name.into_vec(), bytes);
        judged.case();
        judged.step(bytes.len());
    }
}

#[cfg(not(unix))]
fn check_bytes(bytes: &[u8], _: &mut Judged) {
    let _ = Src::from_arg(&OsString::from(String::from_utf8_lossy(bytes).as_ref()));
}
