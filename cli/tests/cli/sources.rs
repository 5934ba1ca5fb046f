//! Where media and templates come from: files, standard input and pipes.

use super::{CLIP, chat, fails, niello};
use assert_cmd::Command;
use predicates::{prelude::*, str::contains};
use std::{fs, process::Stdio};
use tempfile::TempDir;

#[test]
fn media_is_read_from_standard_input() {
    let piped = chat().args(["--video", "-"]).pipe_stdin(CLIP).unwrap().assert().success();
    let named = chat().args(["--video", CLIP]).assert().success();
    assert_eq!(piped.get_output().stdout, named.get_output().stdout);
}

#[test]
fn text_is_read_from_standard_input_and_files() {
    let folder = TempDir::new().unwrap();
    let at = |name: &str, content: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, content).unwrap();
        format!("@{}", path.display())
    };
    let question = at("question.txt", "Was ist das?\n".as_bytes());
    let with_mark = at("mark.txt", b"\xef\xbb\xbfa");
    let (invalid, utf16, empty) = (at("1", b"ab\xff"), at("2", b"\xff\xfea\0"), at("3", b""));
    let text = |arg: &str, stdin: &[u8]| {
        let mut command = niello();
        command.args(["chat", "-m", "m", "-t", arg]).write_stdin(stdin);
        command
    };
    for (arg, content) in [
        (&*question, "Was ist das?\\n"),
        (&with_mark, "a"),
        ("-", "é\\n"),
        ("@-", "é\\n"),
        ("@/dev/stdin", "é\\n"),
        ("@@home", "@home"),
        ("a@b", "a@b"),
        ("- a", "- a"),
    ] {
        text(arg, "é\n".as_bytes()).assert().success().stdout(contains(format!("\"text\":\"{content}\"")));
    }
    for (arg, message) in [
        (&*invalid, "1 is not UTF-8: byte 3 is invalid; add media with --video"),
        (&utf16, "2 is UTF-16; convert it to UTF-8\n"),
        (&empty, "3 is empty"),
        ("-", "standard input is not UTF-8: byte 1 is invalid"),
        ("@none", "write @@ for text that starts with @"),
        ("@.", "cannot read .: "),
    ] {
        fails(&mut text(arg, b"\xff"), 1, message);
    }
    fails(&mut text("-", b""), 1, "standard input is empty");
    fails(&mut text("@", b""), 2, "write @@");
    fails(text("-", b"abcd").args(["--limit", "3"]), 1, "more than the 3 bytes");

    let system = ["gemini", "--system", &question, "--text", "-"];
    niello().args(system).write_stdin("x").assert().success().stdout(contains("Was ist das?"));
    let mut twice = niello();
    fails(twice.args(["gemini", "--system", "-", "--text", "@-"]), 1, "can be read only once");
    let out = folder.path().join("question.txt");
    fails(text(&question, b"").arg("-o").arg(out), 1, "would overwrite");
}

#[cfg(unix)]
#[test]
fn text_that_is_not_utf8_is_an_error() {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt};
    fails(
        chat().arg("--text").arg(OsStr::from_bytes(b"ab\xff")),
        2,
        "the text is not UTF-8: byte 3 is invalid",
    );
}

#[test]
fn several_files_after_an_option_are_parts_in_order() {
    let folder = TempDir::new().unwrap();
    for name in ["a.mp4", "b c.mp4", "d.mp4"] {
        fs::copy(CLIP, folder.path().join(name)).unwrap();
    }
    fs::write(folder.path().join("e.wav"), b"RIFF\x04\0\0\0WAVE").unwrap();
    let parts = |args: &[&str]| {
        let mut command = chat();
        let output = command.current_dir(folder.path()).args(args).write_stdin(fs::read(CLIP).unwrap());
        let body = output.assert().success().get_output().stdout.clone();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        let parts = body["messages"][0]["content"].as_array().unwrap().clone();
        parts.iter().map(|part| part["type"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let files = [
        "--video",
        "a.mp4",
        "b c.mp4",
        "d.mp4",
        "-t",
        "y",
        "--audio=e.wav",
        "https://h/f.mp3",
        "--video",
        "-",
    ];
    let expected =
        ["text", "video_url", "video_url", "video_url", "text", "audio_url", "audio_url", "video_url"];
    assert_eq!(parts(&files), expected);
    let mixed = ["--video", "a.mp4", "-;type=video/mp4", "--audio", "e.wav", "--video", "d.mp4", "--stream"];
    assert_eq!(parts(&mixed), ["text", "video_url", "video_url", "audio_url", "video_url"]);

    let mut dry_run = chat();
    dry_run.current_dir(folder.path()).args(["--video", "d.mp4", "a.mp4", "b c.mp4", "--dry-run"]);
    let shown = String::from_utf8(dry_run.assert().success().get_output().stdout.clone()).unwrap();
    let position = |name: &str| shown.find(name).unwrap();
    assert!(position("d.mp4") < position("a.mp4") && position("a.mp4") < position("b c.mp4"), "{shown}");
}

#[test]
fn documents_are_sent_as_files() {
    const PDF: &str = "../tests/data/faults/d.pdf";
    let file =
        r#"{"type":"file","file":{"filename":"d.pdf","file_data":"data:application/pdf;base64,JVBERi0"#;
    chat().args(["--file", PDF]).assert().success().stdout(contains(file));
    let file = r#"{"inlineData":{"mimeType":"application/pdf","data":"JVBERi0"#;
    niello().args(["gemini", "--file", PDF]).assert().success().stdout(contains(file));
    let piped = chat().args(["--file", "-"]).pipe_stdin(PDF).unwrap().assert().success();
    piped.stdout(contains(r#""filename":"document.pdf""#));
    let url = chat().args(["--file", "https://h/a/d.pdf?x=y"]).assert().success();
    url.stdout(contains(r#""filename":"d.pdf","file_data":"https://h/a/d.pdf?x=y""#));
    let typed = chat().args(["--file", "Cargo.toml;type=text/plain"]).assert().success();
    typed.stdout(contains(r#""filename":"Cargo.toml","file_data":"data:text/plain;base64,"#));
}

#[test]
fn template_may_begin_with_a_byte_order_mark() {
    niello().args(["fill", "../tests/data/faults/bom.tpl"]).assert().success().stdout("{\"a\":1}");
    niello().args(["fill", "-"]).write_stdin("\u{feff}{}").assert().success().stdout("{}");
}

#[test]
fn template_is_read_from_standard_input() {
    let template = format!(r#"[{{"$data_uri":{{"file":"{CLIP}"}}}}]"#);
    let filled = niello().args(["fill", "-"]).write_stdin(template).assert().success();
    filled.stdout(contains("data:video/mp4;base64,"));
}

#[test]
fn messages_call_it_standard_input() {
    let mut dry_run = chat();
    let dry_run = dry_run.args(["--video", "-", "--dry-run"]).pipe_stdin(CLIP).unwrap().assert().success();
    dry_run.stdout(contains("standard input"));
    let message = "cannot detect the media type of standard input";
    fails(chat().args(["--audio", "-"]).write_stdin("abc"), 1, message);
}

#[test]
fn reading_standard_input_twice_is_an_error() {
    for [a, b] in
        [["-", "-"], ["-", "/dev/stdin"], ["/dev/fd/0", "-;type=a/b"], ["/dev/stdin", "/proc/self/fd/0"]]
    {
        let mut command = chat();
        command.args(["--video", a, "--audio", b]).pipe_stdin(CLIP).unwrap();
        fails(&mut command, 1, "standard input can be read only once");
    }
    for template in ["-", "/dev/stdin"] {
        for file in ["/dev/stdin", "/dev/fd/0"] {
            let text = format!(r#"{{"a":[{{"$base64":{{"file":"{file}"}}}}]}}"#);
            fails(niello().args(["fill", template]).write_stdin(text), 1, "was it read before?");
        }
    }
}

#[test]
fn limit_stops_reading_an_endless_pipe() {
    use std::io::Read;
    for (src, limit) in [("-", "50"), ("/dev/stdin;type=video/mp4", "databricks")] {
        let zeros = Stdio::from(fs::File::open("/dev/zero").unwrap());
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_niello"));
        command.args(["chat", "--model", "m", "--video", src, "--limit", limit]).stdin(zeros);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut message = String::new();
        child.stderr.take().unwrap().read_to_string(&mut message).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(1));
        assert!(message.contains("standard input has more than the"), "{message}");
        assert_eq!(message.lines().count(), 1);
    }
}

#[test]
fn pipe_of_exactly_the_limit_is_read() {
    let mut command = chat();
    command.args(["--video", "-;type=a/b", "--limit", "3"]).write_stdin("abc");
    fails(&mut command, 1, "the body has");
}

#[cfg(target_os = "linux")]
#[test]
fn file_names_may_contain_invalid_utf8() {
    use std::{ffi::OsString, os::unix::ffi::OsStringExt};
    let folder = TempDir::new().unwrap();
    let name = |end: &[u8]| OsString::from_vec([b"\xff;\xc3\xa9.bin", end].concat());
    fs::write(folder.path().join(name(b"")), "abc").unwrap();
    let mut command = chat();
    let output = command.current_dir(folder.path()).arg("--video").arg(name(b";type=video/x")).assert();
    output.success().stdout(contains("data:video/x;base64,YWJj"));
    let none = folder.path().join(OsString::from_vec(b"no\xfe".to_vec()));
    fails(chat().arg("--video").arg(none), 1, "No such file");
}

#[test]
fn hint_about_the_media_type_fits_the_option() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("x y"), [1, 2, 3]).unwrap();
    for command in [&["gemini"][..], &["chat", "--model", "m"]] {
        for kind in ["video", "audio", "image"] {
            let mut niello = niello();
            niello.current_dir(folder.path()).args(command).args([&format!("--{kind}"), "x y"]);
            fails(&mut niello, 1, &format!("'x y;type={kind}/<SUBTYPE>'"));
        }
    }
}

#[test]
fn values_may_start_with_a_hyphen() {
    let mut command = chat();
    command.args(["--system", "-s", "--text", "- a", "--stop", "--", "--video", "-;type=video/x"]);
    command.write_stdin("abc").assert().success().stdout(
        contains(r#""content":"-s""#)
            .and(contains(r#""text":"- a""#))
            .and(contains(r#"["--"]"#))
            .and(contains("data:video/x;base64,YWJj")),
    );
}

/// Runs shell lines in a directory that contains `a.wav` and a file named `-`.
#[test]
#[cfg(unix)]
fn redirections_and_process_substitutions_work() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.wav"), b"RIFF\x04\0\0\0WAVE").unwrap();
    fs::write(folder.path().join("-"), b"no media").unwrap();
    fs::write(folder.path().join("t.json"), r#"{"$base64":{"file":"/dev/stdin"}}"#).unwrap();
    const WAV: &str = "UklGRgQAAABXQVZF";
    let run = |line: &str, succeeds: bool, message: &str| {
        let mut bash = Command::new("bash");
        bash.args(["-c", line, env!("CARGO_BIN_EXE_niello")]).current_dir(folder.path());
        let output = bash.output().unwrap();
        let shown = [output.stdout, output.stderr].concat();
        let shown = String::from_utf8_lossy(&shown);
        assert!(shown.contains(message), "{line}: {shown}");
        assert_eq!(output.status.success(), succeeds, "{line}: {shown}");
    };
    run("$0 chat --model m --audio - < a.wav", true, WAV);
    run("cat a.wav | $0 fill t.json", true, WAV);
    run("$0 fill <(echo '{\"$base64\":{\"file\":\"a.wav\"}}')", true, WAV);

    let twice = "f() { $0 chat --model m --audio \"$1;type=a/b\" --audio \"$1;type=a/b\"; }; f <(cat a.wav)";
    run(twice, false, "was it read before?");
    run("echo '[1e400,{\"$base64\":{\"file\":\"/dev/stdin\"}}]' | $0 fill -", false, "was it read before?");
    run("head -c 9 a.wav | $0 fill t.json --limit 8", false, "more than the 8 bytes");
}
