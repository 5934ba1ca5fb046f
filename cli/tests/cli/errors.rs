//! Error messages: one line that names the problem and the way out.

use super::{CLIP, chat, fails, niello};
use assert_cmd::assert::Assert;
use predicates::{prelude::*, str::contains};
use std::fs;
use tempfile::TempDir;

#[test]
fn media_that_cannot_be_sent_is_an_error() {
    let folder = TempDir::new().unwrap();
    let file = |name: &str, content: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (empty, unknown) = (file("empty.mp4", b""), file("unknown.bin", &[1, 2, 3]));

    fails(chat().args(["--video", "none.mp4"]), 1, "none.mp4");
    fails(chat().args(["--video", "none.mp4;typ=a/b"]), 1, ";type=");
    fails(chat().args(["--video", "~/none.mp4"]), 1, "the shell expands ~");
    fails(chat().args(["--video", "file:///clip.mp4"]), 1, "give the path");
    fails(chat().args(["--video", "file:clip.mp4"]), 1, "give the path");
    fails(chat().args(["--video", &empty]), 1, "the file is empty");
    fails(niello().args(["gemini", "--video", "-;type=video/mp4"]), 1, "standard input is empty");
    fails(chat().args(["--audio", CLIP]), 1, "the media type is video/mp4; use --video");
    fails(niello().args(["gemini", "--video", "../tests/data/media/audio.wav"]), 1, "use --audio");
    fails(chat().args(["--audio", "../tests/data/media/video.webm"]), 1, "use --video");
    fails(chat().args(["--video", "src"]), 1, "it is a directory");
    fails(chat().args(["--video", "/dev/null"]), 1, "neither a regular file nor a pipe");
    fails(chat().args(["--video", &unknown]), 1, "unknown.bin;type=video/<SUBTYPE>'");
    fails(chat().args(["--video", &format!(r#"{unknown};type=video/mp4","x":""#)]), 1, "MIME type");
    fails(chat().args(["--video", CLIP, "--limit", "500"]), 1, "clip.mp4");
    fails(chat().args(["--video", CLIP, "--limit", "500"]), 1, "URL");
}

#[test]
fn options_that_the_format_does_not_have_are_errors() {
    fails(chat().args(["--video", &format!("{CLIP};fps=2")]), 1, "use `niello gemini`");
    fails(chat().args(["--video", "https://h/v;type=video/mp4"]), 1, "remove ;type=");
    fails(niello().args(["gemini", "--model", "m", "--text", "x"]), 2, "in the URL");
    fails(niello().args(["fill", "t.json", "--text", "x"]), 2, "niello chat");
}

#[test]
fn invalid_fields_are_errors() {
    fails(chat().args(["--temperature", "nan"]), 1, "temperature");
    fails(chat().args(["--set", "messages=[]"]), 1, "use --system, --text");
    fails(chat().args(["--set", "a=1", "--set", "a=2"]), 1, "--set a=...: this field is set twice");
    fails(chat().args(["--set", "tools=5"]), 1, "--set tools=...");
    fails(chat().args(["--set", "a=text"]), 2, "put strings in double quotes: 'a=\"text\"'");
    fails(chat().args(["--set", "a"]), 2, "expected KEY=JSON");
    fails(niello().args(["gemini", "--text", "x", "--config", "topK=5"]), 1, "use --top-k");
    fails(niello().args(["gemini", "--video", "https://h/v.mp4;fps=25"]), 1, "fps");
}

#[test]
fn invalid_arguments_are_errors_with_a_tip() {
    for limit in ["few", "-1", "20MX"] {
        let message = format!(
            "error: --limit: \"{limit}\" is not a limit; give a number of bytes, a size such as 20MB"
        );
        fails(chat().args(["--limit", limit]), 2, &message);
    }
    for (limit, name) in
        [("gemni", "gemini"), ("Vertex", "vertex"), ("databricks_custom", "databricks-custom")]
    {
        let message = format!("error: --limit: \"{limit}\" is not a limit; did you mean {name}?\n");
        fails(chat().args(["--limit", limit]), 2, &message);
    }
    fails(chat().args(["--format", "json"]), 2, "--dry-run");
    fails(chat().args(["--stop", "my", "text"]), 2, "quote arguments that contain spaces");
    fails(chat().args(["--prompt", "x"]), 2, "use --text");
    fails(niello().arg("clip.mp4"), 2, "niello chat --model MODEL --video clip.mp4");
    fails(niello().arg("chta"), 2, "a similar subcommand exists: 'chat'");
    fails(niello().args(["chat", "--model", "m"]), 2, "--text");
    fails(niello().args(["chat", "--text", "x"]), 2, "--model");
}

#[test]
fn invalid_templates_are_errors() {
    fails(niello().args(["fill", "none.json"]), 1, "none.json");
    fails(niello().args(["fill", CLIP]), 1, "a template is JSON");
    fails(niello().args(["fill", "-"]).write_stdin("{\"a\":}"), 1, "line 1 column");
    let utf16 = &b"\xff\xfe{\0}\0"[..];
    fails(
        niello().args(["fill", "-"]).write_stdin(utf16),
        1,
        "standard input is UTF-16; convert it to UTF-8",
    );
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("t.json"), utf16).unwrap();
    let mut fill = niello();
    fill.current_dir(folder.path()).args(["fill", "t.json"]);
    fails(&mut fill, 1, "t.json is UTF-16; convert it to UTF-8; a template is JSON");
    fails(niello().args(["fill", "{\"a\": 1}"]), 1, "pipe it into `niello fill -`");
}

#[test]
fn missing_media_creates_no_output_file() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("out.json");
    fails(chat().args(["--video", "none.mp4", "-o"]).arg(&out), 1, "none.mp4");
    assert!(!out.exists());
}

#[test]
fn line_breaks_in_a_path_are_escaped() {
    fails(chat().args(["--video", "no\nsuch\x1bfile"]), 1, r"no\nsuch\u001bfile");
}

#[cfg(target_os = "linux")]
#[test]
fn exit_status_reports_the_error_if_standard_error_is_full() {
    let full = || fs::File::options().write(true).open("/dev/full").unwrap();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_niello"));
    let status = command.args(["chat", "--model", "m", "--video", "none.mp4"]).stderr(full()).status();
    assert_eq!(status.unwrap().code(), Some(1));
}

#[test]
fn messages_contain_no_tokens_and_no_media() {
    for src in [
        "https://h/v.mp4?sig=SECRET;type=video/mp4",
        "h.com/v.mp4?sig=SECRET",
        "htp://h.com/v.mp4?sig=SECRET",
        "https://h/d.pdf?sig=SECRET",
        "https://user:SECRET@h/d.pdf#SECRET",
        "data:video/mp4;base64,SECRET",
    ] {
        fails(chat().args(["--video", src]), 1, "").stderr(contains("SECRET").not());
    }
    for args in [
        &["--video", "https://h/v.mp4?sig=SECRET;fps=x"][..],
        &["--stop", "a", "https://h/v.mp4?sig=SECRET"],
        &["--videos", "https://h/v.mp4?sig=SECRET"],
        &["--videos=https://h/v.mp4?sig=SECRET"],
    ] {
        fails(chat().args(args), 2, "").stderr(contains("SECRET").not());
    }
    fails(chat().args(["--video", "https://h/a b?sig=SECRET"]), 1, "").stderr(contains("SECRET").not());
    let gemini = ["gemini", "--video", "gs://bucket/name?sig=SECRET"];
    fails(niello().args(gemini), 1, "append it").stderr(contains("SECRET").not());
}

/// Asserts that a message contains at most 200 bytes of a long value.
fn shows_little_of(failure: Assert, value: &str) {
    let stderr = String::from_utf8(failure.get_output().stderr.clone()).unwrap();
    for line in stderr.lines() {
        let shown = line.matches(value).count() * value.len();
        assert!(shown <= 200, "{line}");
    }
    // No option repeats it, either.
    assert!(stderr.len() < 1500, "{stderr}");
}

#[test]
fn messages_show_at_most_200_bytes_of_a_value() {
    for unit in ["x.", "word ", "\u{e9}", "a/", ",x"] {
        let long = unit.repeat(3000);
        let short = long.as_str();
        let arguments = [
            &["--video", short][..],
            &["--text", &format!("@{short}")],
            &["--video", &format!("{CLIP};fps={short}")],
            &["--video", &format!("{CLIP};start={short}")],
            &["--video", &format!("{CLIP};type={short}")],
            &["--video", &format!("\"a\"{short}")],
            &["--image", &format!("https://h/{short}/d.pdf")],
            &["--image", &format!("htp://{short}")],
            &["--limit", short],
            &["--seed", short],
            &["--format", short, "--dry-run"],
            &["--access", short],
            &["--set", short],
            &["--set", &format!("tools={:?}", short)],
            &["--set", &format!("{short}={short}")],
            &["--set", &format!("{short}=1"), "--set", &format!("{short}=1")],
            &["--max-tokens", short],
            &["-o", &format!("/none/{short}")],
            &["-o", &format!("/none/{}/x", "a/".repeat(200))],
            &[&format!("--{short}")],
            &[&format!("-{short}")],
            &["--stop", "a", short],
        ];
        for args in arguments {
            shows_little_of(chat().args(args).assert().failure(), unit);
        }
        shows_little_of(niello().arg(short).assert().failure(), unit);
        shows_little_of(niello().args(["fill", short]).assert().failure(), unit);
        shows_little_of(niello().args(["fill", "x", short]).assert().failure(), unit);
        shows_little_of(niello().args(["fill", &format!("--{short}")]).assert().failure(), unit);
        shows_little_of(
            niello().args(["man", "--dir", &format!("/dev/null/{short}")]).assert().failure(),
            unit,
        );
        shows_little_of(niello().args(["man", short]).assert().failure(), unit);
        shows_little_of(niello().args(["completions", short]).assert().failure(), unit);
        let template = format!(r#"{{"a":{{"$base64":{{"file":"{short}"}}}}}}"#);
        shows_little_of(niello().args(["fill", "-"]).write_stdin(template).assert().failure(), unit);
    }
}

#[test]
fn explicit_media_type_overrides_the_detected_one() {
    let (audio, image) = (format!("{CLIP};type=video/mp4"), format!("{CLIP};type=image/x"));
    chat().args(["--audio", &audio]).assert().success().stdout(contains("audio_url"));
    niello().args(["gemini", "--image", &image]).assert().success();
}

#[test]
fn misspelled_urls_are_errors_with_the_url_that_was_meant() {
    for (src, meant) in [
        ("htp://host/x", "https://host/x"),
        ("htps://host/x?a=b", "https://host/x"),
        ("www.example.com/x.mp4", "https://www.example.com/x.mp4"),
        ("example.com/clip.mp4", "https://example.com/clip.mp4"),
        ("https:/example.com/clip.mp4", "https://example.com/clip.mp4"),
    ] {
        for command in [&["gemini"][..], &["chat", "--model", "m"]] {
            let mut niello = niello();
            fails(niello.args(command).args(["--video", src]), 1, &format!("did you mean {meant}?"));
        }
    }
    // A file of that name is a file.
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join("example.com")).unwrap();
    fs::copy(CLIP, folder.path().join("example.com/clip.mp4")).unwrap();
    chat().current_dir(folder.path()).args(["--video", "example.com/clip.mp4"]).assert().success();
}

#[test]
fn base64_and_data_uris_are_not_names() {
    let base64 = "AAAAIGZ0eXBpc29tAAACAGlzb21pc28y".repeat(1000);
    let message = "niello: --video AAAAIGZ0eXBpc29t... (32000 bytes): this is base64, not the name of a file; name the \
        original file\n";
    fails(chat().args(["--video", &base64]), 1, message);
    fails(chat().args(["--image", "iVBORw0KGgoAAAANSUhEUg=="]), 1, "this is base64");
    let message = "bytes): this is a data URI, not a file; name the original file\n";
    fails(chat().args(["--video", &format!("data:video/mp4;base64,{base64}")]), 1, message)
        .stderr(contains("AAAA").not());
    fails(chat().args(["--video", "DATA:video/mp4;base64,AAAA"]), 1, message);
}

#[test]
fn templates_with_a_url_or_data_in_place_of_a_name_are_errors() {
    let base64 = "AAAAIGZ0eXBpc29tAAACAGlzb21pc28y".repeat(1000);
    let folder = TempDir::new().unwrap();
    for (file, message) in [
        ("https://h/v.mp4?sig=SECRET", "cannot open https://h/v.mp4?...: "),
        ("www.example.com/v.mp4?sig=SECRET", "cannot open www.example.com/v.mp4?...: "),
        ("data:video/mp4;base64,SECRET", "cannot open data:video/mp4;base64,... (6 more bytes): "),
        (&base64, "cannot open AAAAIGZ0eXBpc29t... (32000 bytes): "),
    ] {
        for directive in ["$base64", "$data_uri"] {
            let template = format!(r#"{{"b":[{{"{directive}":{{"file":"{file}"}}}}]}}"#);
            let mut piped = niello();
            piped.args(["fill", "-"]).write_stdin(template.clone());
            fs::write(folder.path().join("t.json"), template).unwrap();
            let mut named = niello();
            named.arg("fill").arg(folder.path().join("t.json"));
            for mut fill in [piped, named] {
                let failure = fails(&mut fill, 1, message).stderr(contains("as a string"));
                failure.stderr(contains("SECRET").or(contains("AAAAAA")).not());
            }
        }
    }
}

#[test]
fn option_without_a_file_is_an_error() {
    fails(niello().args(["gemini", "--video", "--text", "x"]), 1, "the option before it has no file");
    fails(chat().arg("--video"), 2, "a value is required");
}

#[test]
fn missing_file_with_another_kind_of_space_is_a_hint() {
    let folder = TempDir::new().unwrap();
    let name = "Bild 9.41\u{202f}PM.mp4";
    fs::copy(CLIP, folder.path().join(name)).unwrap();
    fs::write(folder.path().join("t\u{a0}1.json"), "{}").unwrap();
    let fails = |args: &[&str], found: &str| {
        fails(
            niello().current_dir(folder.path()).args(args),
            1,
            &format!("; did you mean {found}? It has U+"),
        );
    };
    for given in ["Bild 9.41 PM.mp4", "Bild\u{a0}9.41 PM.mp4", "Bild\u{2003}9.41\u{202f}PM.mp4"] {
        fails(&["gemini", "--video", given], name);
        fails(&["gemini", "--text", &format!("@{given}")], name);
    }
    fails(&["fill", "t 1.json"], "t\u{a0}1.json");
    fs::write(folder.path().join("u.json"), r#"[{"$base64":{"file":"Bild 9.41 PM.mp4"}}]"#).unwrap();
    fails(&["fill", "u.json"], name);
}

#[test]
fn names_that_a_shell_split_are_a_hint() {
    let folder = TempDir::new().unwrap();
    fs::copy(CLIP, folder.path().join("my big clip.mp4")).unwrap();
    let mut split = chat();
    split.current_dir(folder.path()).args(["--video", "my", "big", "clip.mp4"]);
    fails(&mut split, 1, "quote names that contain spaces: 'my big clip.mp4'");
    fails(chat().args(["--video", CLIP, "What happens here?"]), 1, "use --text for text");
}

#[test]
fn media_of_another_kind_is_an_error_that_names_its_option() {
    let folder = TempDir::new().unwrap();
    let gif = folder.path().join("i.gif");
    fs::write(&gif, b"GIF89a\x01\0\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\0;").unwrap();
    let gif = gif.to_str().unwrap();
    let faults = "../tests/data/faults/";
    let (pdf, audio_only) = (&*format!("{faults}d.pdf"), &*format!("{faults}ao.3gp"));
    let is_pdf = "the media type is application/pdf; use --file";
    for command in [&["gemini"][..], &["chat", "--model", "m"]] {
        for (option, src, message) in [
            ("--audio", pdf, is_pdf),
            ("--video", pdf, is_pdf),
            ("--image", pdf, is_pdf),
            ("--file", CLIP, "the media type is video/mp4; use --video"),
            ("--audio", "https://h/clip.mp4", "the extension means video/mp4; use --video"),
            ("--video", "https://h/talk.MP3?x=y", "the extension means audio/mp3; use --audio"),
            ("--video", "https://h/i.jfif", "the extension means image/jpeg; use --image"),
            ("--video", "https://h/i.jpe", "the extension means image/jpeg; use --image"),
            ("--video", "https://h/a.mpga", "the extension means audio/mp3; use --audio"),
            ("--image", "gs://b/d.pdf", "the extension means application/pdf; use --file"),
            ("--file", "https://h/a.m4b", "the extension means audio/m4a; use --audio"),
            // The hint names the type that was found.
            ("--image", gif, "i.gif;type=image/gif'"),
            ("--video", gif, ": --image '"),
            ("--audio", "../tests/data/media/video.mkv", ": --video '"),
            ("--video", audio_only, ": --audio '"),
            ("--audio", audio_only, "ao.3gp;type=audio/<SUBTYPE>'"),
            ("--video", "../tests/data/faults/lfs.mp4", "is a Git LFS pointer, not media; fetch the file"),
            ("--video", "../tests/data/faults/trunc.mp4", "downloaded to the end"),
            ("--file", "LICENSE-MIT", "is text, not media; send text with --text '@LICENSE-MIT'"),
        ] {
            let failure = fails(niello().args(command).args([option, src]), 1, message);
            failure.stderr(contains("image/png").or(contains("type=video/mp4")).not());
        }
        // WebM may contain audio alone, and nothing but its content says so.
        niello().args(command).args(["--audio", "https://h/voice.webm"]).assert().success();
    }
}

#[test]
fn gemini_asks_for_a_type_that_it_cannot_know() {
    for src in ["gs://bucket/name", "https://h/v", "https://h/v.bin", "https://h/files/abc"] {
        let message = format!("'{src};type=video/<SUBTYPE>'");
        fails(niello().args(["gemini", "--video", src]), 1, &message);
        let typed = format!("{src};type=video/mp4");
        niello().args(["gemini", "--video", &typed]).assert().success().stdout(contains("video/mp4"));
        chat().args(["--video", src]).assert().success();
    }
    for src in [
        "https://youtu.be/x",
        "https://www.youtube.com/watch?v=x",
        "https://generativelanguage.googleapis.com/v1beta/files/abc",
    ] {
        niello().args(["gemini", "--video", src]).assert().success().stdout(contains("mimeType").not());
    }
    fails(niello().args(["gemini", "--video", "files/abc"]), 1, "give its whole URI");
}
