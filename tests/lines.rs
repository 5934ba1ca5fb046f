//! JSON Lines: many bodies in one, with more files than a process may have open.

mod common;

use common::{Origin, Random, STEP, assert_same, base64_of, inner, noise, rest_of, scratch};
use niello::{
    Access, Body, ContentEncoding, DataUri, Error, ErrorKind, Marks, Media, MediaOptions, Segment, Template,
};
use serde::Serialize;
use serde_json::{json, value::RawValue};
use std::{
    fs,
    io::{self, Read, Seek, SeekFrom},
    path::Path,
};

#[derive(Serialize)]
struct Line {
    custom_id: String,
    clip: Media,
    cover: Option<DataUri>,
}

impl Line {
    fn new(id: usize, clip: &Media) -> Line {
        // Line breaks in strings are escaped.
        let custom_id = format!("line {id}\r\n\u{2028}");
        Line { custom_id, clip: clip.clone(), cover: id.is_multiple_of(3).then(|| DataUri::from(clip)) }
    }
}

fn reopened() -> MediaOptions {
    Media::options().mime("video/mp4").access(Access::Reopen)
}

/// Writes files of many lengths, and returns lines with them.
fn lines(folder: &Path, count: usize) -> Vec<Line> {
    let open = |index: usize| {
        let path = folder.join(format!("{index}.mp4"));
        fs::write(&path, noise([0, 1, 57, 3000, 100_001, STEP + 5][index % 6])).unwrap();
        Line::new(index, &reopened().open(path).unwrap())
    };
    (0..count).map(open).collect()
}

/// Returns what serde_json writes for the lines.
fn expected(lines: &[impl Serialize]) -> Vec<u8> {
    lines.iter().flat_map(|line| [serde_json::to_vec(line).unwrap(), b"\n".to_vec()].concat()).collect()
}

fn joined(lines: &[impl Serialize]) -> Body {
    Body::json_lines(lines.iter().map(Body::json)).unwrap()
}

#[test]
fn each_line_is_what_serde_json_writes() {
    let folder = scratch();
    let mut lines = lines(folder.path(), 13);
    lines.extend(Origin::ALL.map(|origin| Line::new(3, &origin.media(&noise(70_001)))));
    let expected = expected(&lines);
    let mut body = joined(&lines);
    assert_eq!(body.len(), expected.len() as u64);
    for _ in 0..2 {
        body.reset();
        assert_same(&rest_of(&mut body), &expected, "all lines");
    }
    assert_eq!(expected.iter().filter(|byte| **byte == b'\n').count(), lines.len());

    let coded = rest_of(&mut body.encode(ContentEncoding::Zstd).unwrap());
    assert_same(&zstd::decode_all(&coded[..]).unwrap(), &expected, "decoded");
}

#[test]
fn lines_that_are_cut_anywhere_are_the_same() {
    let folder = scratch();
    let lines = lines(folder.path(), 18);
    let expected = expected(&lines);
    let mut body = joined(&lines);
    let mut random = Random::new(1);
    for _ in 0..2000 {
        let at = random.below(body.len() + 2);
        assert_eq!(body.seek(SeekFrom::Start(at)).unwrap(), at);
        let rest = expected.get(at as usize..).unwrap_or_default();
        let mut buffer = vec![0; random.length(100_000)];
        let expected_len = rest.len().min(buffer.len());
        let got = match random.below(3) {
            0 => {
                let len = body.read(&mut buffer).unwrap();
                &buffer[..len]
            }
            1 => {
                let chunk = body.clone().with_chunk_len(buffer.len()).chunks().next();
                &chunk.transpose().unwrap().unwrap_or_default()[..]
            }
            _ => {
                let mut room = &mut buffer[..];
                // It is an error if the rest of the body does not fit.
                let _ = body.clone().write_to(&mut room);
                let left = room.len();
                &buffer[..buffer.len() - left]
            }
        };
        assert_same(got, &rest[..expected_len], format_args!("at {at}"));
    }
}

#[test]
fn bodies_of_every_origin_are_lines() {
    let clip = Origin::Map.media(&noise(1000));
    let marks = Marks::new();
    let mark = marks.base64(&clip);
    let template = Template::new(r#"{ "clip": {"$base64": {"file": "clip"}} }"#);
    let moved = || {
        let mut body = Body::json(&[&clip])?;
        body.read_exact(&mut [0; 100]).unwrap();
        Ok(body)
    };
    let body = Body::json_lines([
        template.body_with(|_| Ok::<_, Error>(clip.clone())),
        marks.body(&json!({"clip": mark})),
        Body::json(&[&clip]).and_then(|body| body.encode(ContentEncoding::Zstd)),
        moved(),
        Body::json_lines([Body::json(&1)]),
    ]);
    let text = base64_of(&noise(1000));
    let expected =
        format!("{{\"clip\":\"{text}\"}}\n{{\"clip\":\"{text}\"}}\n[\"{text}\"]\n[\"{text}\"]\n1 \n");
    assert_eq!(String::from_utf8(rest_of(&mut body.unwrap())).unwrap(), expected);
}

#[test]
fn line_breaks_between_tokens_become_spaces() {
    let clip = Origin::Bytes.media(b"abc");
    let marks = Marks::new();
    let pretty = serde_json::to_string_pretty(&json!({"a": ["\n", marks.base64(&clip)], "b": {}})).unwrap();
    assert!(pretty.lines().count() > 5);
    let raw = RawValue::from_string("[\r\n1,\n2]".to_owned()).unwrap();
    let body = Body::json_lines([Ok(marks.inlay(pretty.as_bytes()).unwrap().unwrap()), Body::json(&raw)]);
    let text = io::read_to_string(body.unwrap()).unwrap();
    let (first, second) = text.split_once('\n').unwrap();
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(first).unwrap(),
        json!({"a": ["\n", "YWJj"], "b": {}})
    );
    assert_eq!(second, "[  1, 2]\n");
}

#[test]
fn text_between_two_media_is_one_segment() {
    let clip = Origin::Bytes.media(b"abc");
    let body = Body::json_lines((0..2).map(|_| Body::json(&[&clip]))).unwrap();
    let text: Vec<_> = body
        .segments()
        .filter_map(|(_, segment)| match segment {
            Segment::Text(text) => Some(text.to_owned()),
            _ => None,
        })
        .collect();
    assert_eq!(text, ["[\"", "\"]\n[\"", "\"]\n"]);
}

#[test]
fn errors_name_the_line_and_the_place_in_it() {
    let bodies = |second: &'static str| {
        let folder = scratch();
        let lines = ["{}", second, "not reached"].map(|text| Template::new(text).folder(folder.path()));
        let error = Body::json_lines(lines.iter().map(Template::body)).unwrap_err();
        (error.kind(), error.to_string(), io::Error::from(error).kind())
    };
    let (kind, message, io_kind) = bodies(r#"{"a": [{"$base64": {"file": "none"}}]}"#);
    assert_eq!((kind, io_kind), (ErrorKind::Io, io::ErrorKind::NotFound));
    assert!(message.starts_with("line 2: template: $.a[0]: cannot open "), "{message}");
    let (kind, message, _) = bodies("{");
    assert_eq!(kind, ErrorKind::Json);
    assert!(message.starts_with("line 2: the template is not valid JSON: "), "{message}");

    let mut created = 0;
    let bodies = [Body::json(&1), Ok(Body::default()), Body::json(&3)].into_iter().inspect(|_| created += 1);
    let error = Body::json_lines(bodies).unwrap_err();
    assert_eq!((error.kind(), created), (ErrorKind::Invalid, 2));
    assert_eq!(error.to_string(), "line 2: the body is empty, which is not JSON");
}

#[test]
fn no_lines_are_an_empty_body() {
    assert!(Body::json_lines([]).unwrap().is_empty());
}

#[test]
fn a_reopened_file_must_still_be_there() {
    let folder = scratch();
    let path = folder.path().join("clip.mp4");
    let bytes = noise(100_000);
    let write = |bytes: &[u8]| fs::write(&path, bytes).unwrap();
    write(&bytes);
    let media = reopened().open(&path).unwrap();
    let mut body = Body::json_lines([Body::json(&1), Body::json(&media)]).unwrap();
    let mut head = [0; 1000];
    body.read_exact(&mut head).unwrap();

    let elsewhere = folder.path().join("elsewhere");
    fs::rename(&path, &elsewhere).unwrap();
    let error = body.read(&mut head).unwrap_err();
    assert_eq!((inner(&error).kind(), error.kind()), (ErrorKind::Io, io::ErrorKind::NotFound));
    assert!(error.to_string().starts_with(&format!("cannot open {} again: ", path.display())), "{error}");
    assert_eq!(media.copy_to(io::sink()).unwrap_err().kind(), ErrorKind::Io);

    write(&bytes[1..]);
    let error = body.read(&mut head).unwrap_err();
    assert_eq!(inner(&error).kind(), ErrorKind::Io, "the error stays until the position is changed");
    body.seek(SeekFrom::Start(1000)).unwrap();
    let error = body.read(&mut head).unwrap_err();
    assert_eq!(inner(&error).kind(), ErrorKind::Changed);
    assert!(error.to_string().contains("was truncated from 100000 to 99999 bytes"), "{error}");

    // The same file is not a change once it is back at its path.
    fs::rename(&elsewhere, &path).unwrap();
    body.reset();
    assert_same(&rest_of(&mut body), format!("1\n\"{}\"\n", base64_of(&bytes)).as_bytes(), "restored");
    assert_same(
        &{
            let mut copy = Vec::new();
            media.reader().read_to_end(&mut copy).unwrap();
            copy
        },
        &bytes,
        "read",
    );
}

#[cfg(unix)]
mod unix {
    use super::*;
    use common::{DONE, job, process};
    use std::{env, process::exit};

    /// The process may open 64 files. Paths are relative, and the current directory changes afterwards.
    #[test]
    fn a_thousand_files_need_no_open_files() {
        if let Some(folder) = job() {
            env::set_current_dir(&folder).unwrap();
            let limit = libc::rlimit { rlim_cur: 64, rlim_max: 64 };
            // SAFETY: the limit is valid for the call.
            assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &limit) }, 0);
            let options = Media::options().mime("video/mp4");
            let open = |access| {
                let bodies = (0..1000)
                    .map(|index| Body::json(&options.clone().access(access).open(format!("{index}.mp4"))?));
                Body::json_lines(bodies)
            };
            let error = open(Access::Read).unwrap_err();
            assert!(error.to_string().contains("Too many open files"), "{error}");

            let mut body = open(Access::Reopen).unwrap();
            env::set_current_dir("/").unwrap();
            let expected: String = (0..1000)
                .map(|index| format!("\"{}\"\n", base64_of(index.to_string().repeat(30).as_bytes())))
                .collect();
            assert_eq!(body.len(), expected.len() as u64);
            assert_same(&rest_of(&mut body), expected.as_bytes(), "all files");
            exit(DONE);
        }
        let folder = scratch();
        for index in 0..1000 {
            fs::write(folder.path().join(format!("{index}.mp4")), index.to_string().repeat(30)).unwrap();
        }
        let test = "unix::a_thousand_files_need_no_open_files";
        let output = process(test, folder.path().to_str().unwrap()).output().unwrap();
        assert_eq!(output.status.code(), Some(DONE), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// Opening a named pipe blocks until another process writes to it.
    #[test]
    fn a_pipe_in_the_place_of_a_reopened_file_does_not_block() {
        let folder = scratch();
        let path = folder.path().join("clip.mp4");
        fs::write(&path, noise(1000)).unwrap();
        let media = reopened().open(&path).unwrap();
        fs::remove_file(&path).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        let error = media.copy_to(io::sink()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Io);
        assert!(
            error
                .to_string()
                .ends_with("clip.mp4 again: it is no longer a regular file; restore the file and try again"),
            "{error}"
        );
    }

    #[test]
    #[cfg(feature = "spool")]
    fn a_pipe_is_copied_and_its_copy_stays_open() {
        let folder = scratch();
        let path = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        let media = std::thread::scope(|scope| {
            scope.spawn(|| fs::write(&path, "abc").unwrap());
            reopened().open(&path).unwrap()
        });
        fs::remove_file(&path).unwrap();
        assert_eq!(rest_of(&mut Body::json(&media).unwrap()), b"\"YWJj\"");
    }
}
