//! `niello extract`: media files, the template that makes the same JSON again, and what hostile input cannot do.

use super::{CLIP, fails, golden, niello};
use assert_cmd::Command;
use predicates::{prelude::*, str::contains};
use std::{fs, path::Path};
use tempfile::TempDir;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
const PNG_BASE64: &str = "iVBORw0KGgoAAAANSUhEUg==";

/// Returns `niello extract` in a directory, with JSON as its standard input.
fn extract(folder: &TempDir, json: impl Into<Vec<u8>>) -> Command {
    let mut command = niello();
    command.current_dir(folder).arg("extract").write_stdin(json);
    command
}

/// Returns the JSON of a response with an image.
fn image(base64: &str) -> String {
    format!(r#"{{"data":[{{"b64_json":"{base64}"}}]}}"#)
}

/// Returns the sorted names of the files in a directory, hidden ones, too.
fn names(folder: impl AsRef<Path>) -> Vec<String> {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = files.collect();
    names.sort();
    names
}

#[test]
fn fill_makes_every_golden_body_again() {
    for name in golden::names() {
        let folder = TempDir::new().unwrap();
        let body =
            niello().arg("fill").arg(golden::case(&name).join("template.json")).output().unwrap().stdout;
        let is_media = |file: fs::DirEntry| {
            !file.file_name().to_string_lossy().ends_with(".json") && file.metadata().unwrap().len() > 0
        };
        let has_media = fs::read_dir(golden::case(&name)).unwrap().any(|file| is_media(file.unwrap()));

        // Through standard input and output.
        let template = extract(&folder, &*body).args(["--dir", "out"]).output().unwrap();
        assert!(template.status.success(), "{name}: {}", String::from_utf8_lossy(&template.stderr));
        assert!(!names(folder.path().join("out")).is_empty() || !has_media, "{name}");
        assert!(template.stdout.len() < 20_000, "{name}: the template has no media");
        let mut fill = niello();
        let filled =
            fill.current_dir(&folder).args(["fill", "-"]).write_stdin(template.stdout).output().unwrap();
        assert!(filled.stdout == body, "{name}: {}", String::from_utf8_lossy(&filled.stderr));

        // Through files.
        let at = |file: &str| folder.path().join(file);
        fs::write(at("body.json"), &body).unwrap();
        fs::create_dir(at("templates")).unwrap();
        let mut command = niello();
        command.current_dir(&folder).args([
            "extract",
            "body.json",
            "--dir",
            "new/dir",
            "-o",
            "templates/t.json",
        ]);
        command.assert().success().stdout("");
        let mut fill = niello();
        fill.args(["fill"]).arg(at("templates/t.json")).arg("-o").arg(at("same.json")).assert().success();
        assert!(fs::read(at("same.json")).unwrap() == body, "{name}");
    }
}

#[test]
fn template_keeps_everything_but_media() {
    let folder = TempDir::new().unwrap();
    let json = r#" {"z" : 1.50, "a": ["p\u00e9\/", {"image": "data:image/x-png;base64,iVBORw=="}, "data:text/plain,x"],
"b64_json":"YQ","n": 1E400, "file_data": "", "e": "data:image/png;base64,"}"#;
    let template = json
        .replace(
            r#""data:image/x-png;base64,iVBORw==""#,
            r#"{"$data_uri":{"file":"m/media-1.png","mime":"image/x-png"}}"#,
        )
        .replace(r#""YQ""#, r#"{"$base64":{"file":"m/media-2.bin"}}"#);
    extract(&folder, json).args(["--dir", "m"]).assert().success().stdout(template + "\n");
    assert_eq!(fs::read(folder.path().join("m/media-1.png")).unwrap(), b"\x89PNG");
    assert_eq!(fs::read(folder.path().join("m/media-2.bin")).unwrap(), b"a");
}

#[test]
fn files_are_named_by_order_and_type() {
    let folder = TempDir::new().unwrap();
    // The type may come before the data, after it, from its content, or not at all.
    let json = format!(
        r#"[{{"inlineData":{{"mimeType":"audio/wav","data":"YWJj"}}}},
            {{"inlineData":{{"data":"YWJj","mimeType":"audio/L16;codec=pcm;rate=24000"}}}},
            {{"input_audio":{{"data":"YWJj","format":"mp3"}}}},
            {{"b64_json":"{PNG_BASE64}"}}, {{"b64_json":"AQI="}}, "data:video/mp4;base64,YWJj"]"#
    );
    extract(&folder, json).args(["--dir", "."]).assert().success();
    let expected = ["media-1.wav", "media-2.pcm", "media-3.mp3", "media-4.png", "media-5.bin", "media-6.mp4"];
    assert_eq!(names(&folder), expected);
    assert_eq!(fs::read(folder.path().join("media-4.png")).unwrap(), PNG);
}

#[test]
fn nothing_in_the_json_chooses_the_name_of_a_file() {
    let outer = TempDir::new().unwrap();
    let folder = TempDir::new_in(&outer).unwrap();
    for (mime, key) in [
        ("../../x", "a"),
        ("/etc/passwd", "../../../x"),
        ("image/../../x", "/x"),
        ("image/png/../../x", "C:\\\\x"),
        ("..", "media-1.png/x"),
        ("image/.png", "$base64.x"),
        ("x/exe", "\\u0000"),
    ] {
        let json = format!(
            r#"{{"{key}":{{"inlineData":{{"mimeType":"{mime}","data":"AQI=","filename":"../../x"}}}}}}"#
        );
        extract(&folder, json).args(["--dir", "out", "--force"]).assert().success();
        assert_eq!(names(&folder), ["out"]);
        assert_eq!(names(folder.path().join("out")), ["media-1.bin"], "{mime}");
        assert_eq!(names(&outer).len(), 1);
    }
    // Not even in a data URI, where such a type makes it text.
    let json = r#"{"image_url":"data:../../x/y;base64,AQI="}"#;
    extract(&folder, json).args(["--dir", "uri"]).assert().success().stdout(format!("{json}\n"));
    assert!(names(folder.path().join("uri")).is_empty());
}

#[test]
fn existing_files_are_overwritten_only_with_force() {
    let folder = TempDir::new().unwrap();
    let old = folder.path().join("media-2.png");
    fs::write(&old, "old").unwrap();
    let json = format!("[{},{}]", image("YWJj"), image(PNG_BASE64));
    fails(extract(&folder, &*json).args(["--dir", "."]), 1, "media-2.png exists; overwrite it with --force");
    assert_eq!((names(&folder), fs::read(&old).unwrap()), (vec!["media-2.png".to_owned()], b"old".to_vec()));

    extract(&folder, &*json).args(["--dir", ".", "--force"]).assert().success();
    assert_eq!((names(&folder).len(), fs::read(&old).unwrap()), (2, PNG.to_vec()));
    fs::remove_file(&old).unwrap();
    fs::create_dir(&old).unwrap();
    fails(extract(&folder, &*json).args(["--dir", ".", "--force"]), 1, "cannot write to ./media-2.png");
}

/// An error in the JSON after the media leaves the file that it would have replaced.
#[test]
fn error_leaves_existing_files_unchanged() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("media-1.png"), "old").unwrap();
    let json = format!("[{},", image(PNG_BASE64));
    fails(extract(&folder, json).args(["--dir", ".", "--force"]), 1, "not valid");
    assert_eq!(fs::read(folder.path().join("media-1.png")).unwrap(), b"old");
    assert_eq!(names(&folder), ["media-1.png"]);
}

#[cfg(unix)]
#[test]
fn links_in_the_directory_are_not_followed() {
    let folder = TempDir::new().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir(at("out")).unwrap();
    fs::write(at("secret"), "old").unwrap();
    for target in ["../secret", "../none"] {
        let _ = fs::remove_file(at("out/media-1.png"));
        std::os::unix::fs::symlink(target, at("out/media-1.png")).unwrap();
        fails(extract(&folder, image(PNG_BASE64)).args(["--dir", "out"]), 1, "media-1.png exists");
        assert!(fs::symlink_metadata(at("out/media-1.png")).unwrap().is_symlink());
        extract(&folder, image(PNG_BASE64)).args(["--dir", "out", "--force"]).assert().success();
        assert!(fs::symlink_metadata(at("out/media-1.png")).unwrap().is_file());
        assert_eq!(fs::read(at("secret")).unwrap(), b"old");
        assert!(!at("none").exists());
    }
}

#[test]
fn fill_normalizes_only_base64_white_space_and_keys() {
    let folder = TempDir::new().unwrap();
    let json = r#"{ "\u00e9" : [1.0e5 , "\u00e9\/"], "b64_json" : "\u002D_\n8" }"#;
    let template = extract(&folder, json).args(["--dir", "out"]).output().unwrap().stdout;
    let filled = niello().current_dir(&folder).args(["fill", "-"]).write_stdin(template).output().unwrap();
    let expected = r#"{"é":[1.0e5,"\u00e9\/"],"b64_json":"+/8="}"#;
    assert_eq!(String::from_utf8(filled.stdout).unwrap(), expected);
}

#[test]
fn directory_is_created_or_an_error() {
    let folder = TempDir::new().unwrap();
    extract(&folder, image(PNG_BASE64)).args(["--dir", "a/b c"]).assert().success();
    assert_eq!(names(folder.path().join("a/b c")), ["media-1.png"]);
    fs::write(folder.path().join("file"), "").unwrap();
    fails(extract(&folder, image(PNG_BASE64)).args(["--dir", "file"]), 1, "it is not a directory");
    fails(
        extract(&folder, image(PNG_BASE64)).args(["--dir", "file/x"]),
        1,
        "cannot create the directory file/x: ",
    );
    fails(&mut extract(&folder, "{}"), 2, "--dir <DIR>");
}

#[test]
fn error_leaves_no_file_behind() {
    let folder = TempDir::new().unwrap();
    let big = "AAAA".repeat(100_000);
    let first = image(PNG_BASE64);
    for (json, message) in [
        (
            format!("[{first},{}", image("iVBO!w==")),
            "$[1].data[0].b64_json is not base64: invalid base64 at position 4",
        ),
        (
            format!("[{first},{}]", image(&format!("{big}=A"))),
            "$[1].data[0].b64_json is not base64: invalid base64 at position 400000: padding",
        ),
        (
            format!("[{first},{}", image(&big).trim_end_matches("\"}]}")),
            "the JSON ends within the media at $[1]",
        ),
        (format!("[{first},{}", image(&big)), "EOF while parsing a list"),
        (format!("{first}x"), "trailing characters"),
        (format!(r#"[{first},{{"a":1,"a":2}}]"#), "has the key \"a\" twice"),
        (String::new(), "standard input is empty"),
        (
            "<html>Bad Gateway</html>".to_owned(),
            r#"standard input is not JSON; it starts with "<html>Bad Gateway</html>""#,
        ),
        (format!("data: {first}\n\n"), "read them with --events"),
        ("\u{1f}\u{8}".to_owned(), "not JSON"),
    ] {
        fails(extract(&folder, &*json).args(["--dir", "out", "-o", "t.json"]), 1, message);
        assert_eq!((names(&folder), names(folder.path().join("out")).len()), (vec!["out".to_owned()], 0));
    }
    fails(
        extract(&folder, b"\x1f\x8b\x08".as_slice()).args(["--dir", "out"]),
        1,
        "call curl with --compressed",
    );
    fails(extract(&folder, b"\xff\xfe{\0}\0".as_slice()).args(["--dir", "out"]), 1, "convert it to UTF-8");
    fails(extract(&folder, "").args(["none.json", "--dir", "none"]), 1, "cannot open none.json: ");
    assert_eq!(names(&folder), ["out"]);
}

/// Otherwise a response could make a later `fill` send a file of its choice.
#[test]
fn json_with_directives_is_an_error() {
    let folder = TempDir::new().unwrap();
    for json in [
        r#"{"$base64":{"file":"/etc/passwd"}}"#,
        r#"[{"a":{"$data_uri":{"file":"/etc/passwd","mime":"image/png"}}}]"#,
        r#"{"a":{"\u0024base64":{"file":"/etc/passwd"}}}"#,
        r#"{"a":{"$base64":1}}"#,
        r#"{"a":{"b":1,"$base64":{"file":"x"}}}"#,
        r#"{"b64_json":"YWJj","$base64":{"file":"x"}}"#,
    ] {
        fails(extract(&folder, json).args(["--dir", "."]), 1, "contains $base64 or $data_uri");
        fails(extract(&folder, format!("data: {json}\n\n")).args(["--events", "--dir", "."]), 1, "event 1: ");
        assert!(names(&folder).is_empty(), "{json}");
    }
    extract(&folder, r#"["$base64"]"#).args(["--dir", "."]).assert().success();
}

#[test]
fn output_over_the_input_or_media_is_an_error() {
    let folder = TempDir::new().unwrap();
    let input = folder.path().join("r.json");
    fs::write(&input, image(PNG_BASE64)).unwrap();
    for (args, message) in [
        (["extract", "r.json", "--dir", ".", "-o", "./r.json"], "would overwrite the input"),
        (["extract", "r.json", "--dir", ".", "-o", "media-1.png"], "has the name of a media file"),
    ] {
        fails(niello().current_dir(&folder).args(args), 1, message);
    }
    assert_eq!(names(&folder), ["r.json"]);
    assert_eq!(fs::read_to_string(input).unwrap(), image(PNG_BASE64));
}

#[test]
fn each_event_is_a_line_with_its_template() {
    let folder = TempDir::new().unwrap();
    let stream = format!(
        ": hello\ndata: {first}\n\ndata: {{\"a\":\ndata: 1}}\n\nerror: {{\"code\":1}}\n\n{{\n\"b64_json\":\"AQI=\"}}\n\
         data: {first}\r\n\r\ndata: [DONE]\n\n",
        first = image(PNG_BASE64)
    );
    let image =
        |number| format!(r#"{{"data":[{{"b64_json":{{"$base64":{{"file":"out/media-{number}.png"}}}}}}]}}"#);
    let lines = format!(
        "{}\n{{\"a\": 1}}\n{{\"error\":{{\"code\":1}}}}\n{{ \"b64_json\":{{\"$base64\":{{\"file\":\"out/media-2.bin\"}}}}}}\n{}\n",
        image(1),
        image(3)
    );
    extract(&folder, &*stream).args(["--events", "--dir", "out"]).assert().success().stdout(lines.clone());
    assert_eq!(names(folder.path().join("out")), ["media-1.png", "media-2.bin", "media-3.png"]);

    extract(&folder, &*stream)
        .args(["--events", "--dir", "out", "--force", "-o", "t.jsonl"])
        .assert()
        .success();
    assert_eq!(fs::read_to_string(folder.path().join("t.jsonl")).unwrap(), lines);
}

#[test]
fn json_lines_are_events() {
    let folder = TempDir::new().unwrap();
    let lines = format!("{}\n{{\"a\":1}}\n", image(PNG_BASE64));
    let printed = extract(&folder, lines).args(["--events", "--dir", "out"]).assert().success();
    printed.stdout(contains("out/media-1.png").and(predicates::str::ends_with("\n{\"a\":1}\n")));
}

#[test]
fn error_in_a_stream_keeps_only_events_that_were_printed() {
    let folder = TempDir::new().unwrap();
    let good = format!("data: {}\n\n", image(PNG_BASE64));
    for (rest, message) in [
        (
            format!("data: {}\n\n", image("iVBO!")),
            "standard input: the media at $.data[0].b64_json is not base64",
        ),
        (
            format!("data: {}", image(&"AAAA".repeat(5000)).trim_end_matches("\"}]}")),
            "the stream ended within an event",
        ),
        ("data: oops\n\n".to_owned(), "event 2: the data is not valid JSON"),
        ("<html>".to_owned(), "it starts with \"<html>\""),
    ] {
        let stream = format!("{good}{rest}");
        let printed = extract(&folder, &*stream).args(["--events", "--dir", "out"]).assert().code(1);
        let printed = printed.stderr(contains(message)).get_output().stdout.clone();
        assert_eq!(printed.iter().filter(|byte| **byte == b'\n').count(), 1);
        assert_eq!(names(folder.path().join("out")), ["media-1.png"], "{message}");
        fs::remove_file(folder.path().join("out/media-1.png")).unwrap();

        // With -o, none were printed.
        fails(extract(&folder, &*stream).args(["--events", "--dir", "out", "-o", "t"]), 1, message);
        assert_eq!((names(&folder), names(folder.path().join("out")).len()), (vec!["out".to_owned()], 0));
    }
}

#[test]
fn list_shows_path_type_and_size_and_writes_no_files() {
    let folder = TempDir::new().unwrap();
    let json =
        format!(r#"{{"a\u001b":"data:video/mp4;base64,AQI=","b64_json":"{PNG_BASE64}","file_data":"AQI="}}"#);
    let list = "file         size  MIME type                 path\n\
                media-1.mp4     2  video/mp4                 $.a\\u001b\n\
                media-2.png    16  image/png                 $.b64_json\n\
                media-3.bin     2  application/octet-stream  $.file_data\n";
    extract(&folder, &*json).arg("--list").assert().success().stdout(list);
    let events = format!("data: {json}\n\ndata: [DONE]\n\n");
    extract(&folder, events).args(["--events", "--list"]).assert().success().stdout(list);
    extract(&folder, json).args(["--list", "--dir", "out"]).assert().success();
    extract(&folder, r#"{"$base64":{"file":"x"}}"#).arg("--list").assert().success();
    fails(extract(&folder, "{}").args(["--list", "-o", "x"]), 2, "cannot be used with");
    assert!(names(&folder).is_empty());
}

#[test]
fn input_may_begin_with_a_byte_order_mark() {
    let folder = TempDir::new().unwrap();
    extract(&folder, "\u{feff}{\"a\":1}").args(["--dir", "."]).assert().success().stdout("{\"a\":1}\n");
}

#[test]
fn memory_does_not_grow_with_media() {
    let folder = TempDir::new().unwrap();
    let body = folder.path().join("body.json");
    let media = folder.path().join("file.mp4");
    fs::File::create(&media).unwrap().set_len(48 << 20).unwrap();
    let src = format!("{};type=video/mp4", media.display());
    niello().args(["gemini", "--video", &src, "-o"]).arg(&body).assert().success();
    // The limit also counts memory that is not used; the media and its base64 have 112 MiB.
    let script =
        format!("ulimit -v 100000; {} extract body.json --dir out -o t.json", env!("CARGO_BIN_EXE_niello"));
    Command::new("bash").args(["-c", &script]).current_dir(&folder).assert().success();
    assert!(fs::read(folder.path().join("out/media-1.mp4")).unwrap() == vec![0; 48 << 20]);
}

/// A limit on the file size makes the same writes fail as a full disk.
#[test]
#[cfg(unix)]
fn full_disk_is_an_error_and_leaves_no_media_behind() {
    let folder = TempDir::new().unwrap();
    fs::write(
        folder.path().join("r.json"),
        format!("[{},{}]", image(PNG_BASE64), image(&"AAAA".repeat(40_000))),
    )
    .unwrap();
    let script = format!("ulimit -f 16; {} extract r.json --dir out", env!("CARGO_BIN_EXE_niello"));
    let mut bash = Command::new("bash");
    bash.args(["-c", &script]).current_dir(&folder);
    fails(&mut bash, 1, "cannot write to a file in out: File too large");
    assert!(names(folder.path().join("out")).is_empty());
}

/// Unlike other commands, it has partial files while it waits for input.
#[test]
#[cfg(unix)]
fn signal_while_waiting_for_input_leaves_no_partial_file_behind() {
    use std::{io::Write, os::unix::process::ExitStatusExt, process::Stdio};
    for signal in [libc::SIGHUP, libc::SIGINT, libc::SIGTERM] {
        let folder = TempDir::new().unwrap();
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_niello"));
        command.args(["extract", "--dir", "out", "-o", "t.json"]).current_dir(&folder);
        command.stdin(Stdio::piped()).stdout(Stdio::null());
        // The tests may have been started with the signal ignored, for example by `nohup`.
        // SAFETY: `signal` may be called between fork and exec, and allocates nothing.
        unsafe {
            std::os::unix::process::CommandExt::pre_exec(&mut command, move || {
                libc::signal(signal, libc::SIG_DFL);
                Ok(())
            });
        }
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let json = image(&"AAAA".repeat(100_000));
        stdin.write_all(&json.as_bytes()[..300_000]).unwrap();
        let out = folder.path().join("out");
        while !out.exists() || names(&out).is_empty() {
            assert!(child.try_wait().unwrap().is_none());
            std::thread::yield_now();
        }
        // SAFETY: the child has not been waited for, so the number is its own.
        assert_eq!(unsafe { libc::kill(child.id() as libc::pid_t, signal) }, 0);
        assert_eq!(child.wait().unwrap().signal(), Some(signal));
        assert_eq!((names(&folder), names(&out).len()), (vec!["out".to_owned()], 0));
    }
}

#[test]
#[cfg(unix)]
fn closed_pipe_ends_the_stream_without_an_error() {
    let folder = TempDir::new().unwrap();
    let event = format!("data: {}\n\n", image(PNG_BASE64));
    fs::write(folder.path().join("events"), event.repeat(10_000)).unwrap();
    let script = format!("{} extract events --events --dir out | head -n 1", env!("CARGO_BIN_EXE_niello"));
    let mut bash = Command::new("bash");
    bash.args(["-o", "pipefail", "-c", &script]).current_dir(&folder);
    bash.assert().success().stderr("").stdout(contains("media-1.png").and(contains("media-2.png").not()));
    let names = names(folder.path().join("out"));
    assert!(names.len() < 10_000 && names.iter().all(|name| name.starts_with("media-")), "{}", names.len());
}

#[test]
fn request_with_a_file_is_taken_apart_and_put_together_again() {
    let folder = TempDir::new().unwrap();
    let mut chat = niello();
    let body = chat.args(["chat", "--model", "m", "--text", "x", "--video", CLIP]).output().unwrap().stdout;
    extract(&folder, &*body).args(["--dir", "out", "-o", "out/t.json"]).assert().success();
    assert!(fs::read(folder.path().join("out/media-1.mp4")).unwrap() == fs::read(CLIP).unwrap());
    let mut fill = niello();
    fill.arg("fill").arg(folder.path().join("out/t.json")).assert().success().stdout(body);
}
