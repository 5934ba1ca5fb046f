//! The command line, as a person or a script runs it.

mod golden;

use assert_cmd::{Command, assert::Assert};
use predicates::{prelude::*, str::contains};
use std::{fs, io::Write, path::Path, process::Stdio};
use tempfile::TempDir;

fn niello() -> Command {
    Command::new(env!("CARGO_BIN_EXE_niello"))
}

const CLIP: &str = "tests/data/clip.mp4";

fn chat() -> Command {
    let mut command = niello();
    command.args(["chat", "--model", "m", "--text", "x"]);
    command
}

/// Exit 1 or 2, nothing on standard output, one line on standard error that says what.
#[track_caller]
fn refused(command: &mut Command, code: i32, says: &str) -> Assert {
    let assert = command.assert().code(code).stdout("").stderr(contains(says));
    if code == 1 {
        let one_line =
            predicate::function(|text: &str| text.starts_with("niello: ") && text.lines().count() == 1);
        return assert.stderr(one_line);
    }
    assert
}

#[test]
fn every_golden_case_is_filled() {
    for name in golden::names() {
        let body = niello().arg("fill").arg(golden::case(&name).join("template.json")).assert().success();
        golden::judge(&name, &body.get_output().stdout);
    }
}

#[test]
fn the_seed_cases_by_flags() {
    let video = "Summarize what happens in these videos.";
    let audio = "Transcribe this audio and summarize the key points.";
    let (video_url, audio_url) =
        ("https://example.com/sample-video.mp4", "https://example.com/sample-audio.mp3");
    let model = "system.ai.gemini-3-1-pro";
    let cases: [(&str, &[&str]); 6] = [
        (
            "seed_chat_video",
            &[
                "chat",
                "--model",
                model,
                "--text",
                video,
                "--video",
                video_url,
                "--video",
                "video.mp4",
                "--max-tokens",
                "1024",
            ],
        ),
        (
            "seed_chat_audio",
            &[
                "chat",
                "--model",
                model,
                "--text",
                audio,
                "--audio",
                audio_url,
                "--audio",
                "audio.mp3",
                "--max-tokens",
                "1024",
            ],
        ),
        (
            "seed_gemini_video",
            &[
                "gemini",
                "--text",
                video,
                "--video",
                video_url,
                "--video",
                "video.mp4",
                "--max-output-tokens",
                "1024",
            ],
        ),
        (
            "seed_gemini_audio",
            &[
                "gemini",
                "--text",
                audio,
                "--audio",
                audio_url,
                "--audio",
                "audio.mp3",
                "--max-output-tokens",
                "1024",
            ],
        ),
        (
            "seed_gemini_video_curl",
            &["gemini", "--text", video, "--video", video_url, "--video", "video.mp4"],
        ),
        (
            "seed_gemini_audio_curl",
            &["gemini", "--text", audio, "--audio", audio_url, "--audio", "audio.mp3;type=audio/mp3"],
        ),
    ];
    for (name, args) in cases {
        let body = niello().current_dir(golden::case(name)).args(args).assert().success();
        golden::judge(name, &body.get_output().stdout);
    }
}

#[test]
fn all_flags_of_chat() {
    let body = niello()
        .args(["chat", "--model", "m", "--system", "S", "--text", "a", "--image", "https://h/i.png"])
        .args([
            "--text",
            "b",
            "--audio",
            "https://h/a;b=c",
            "--max-tokens",
            "7",
            "--temperature",
            "0",
            "--top-p",
            "0.5",
        ])
        .args(["--stop", "END", "--stop", "\n", "--seed", "-3", "--stream"])
        .args(["--set", r#"reasoning_effort="low""#, "--set", r#"top_k=4"#])
        .assert()
        .success();
    let want = serde_json::json!({
        "model": "m",
        "messages": [
            { "role": "system", "content": "S" },
            { "role": "user", "content": [
                { "type": "text", "text": "a" },
                { "type": "image_url", "image_url": { "url": "https://h/i.png" } },
                { "type": "text", "text": "b" },
                { "type": "audio_url", "audio_url": { "url": "https://h/a;b=c" } },
            ] },
        ],
        "max_tokens": 7, "temperature": 0, "top_p": 0.5, "stop": ["END", "\n"], "seed": -3, "stream": true,
        "reasoning_effort": "low", "top_k": 4,
    });
    assert_eq!(golden::difference("", &want, &golden::strict(&body.get_output().stdout).unwrap()), None);
}

#[test]
fn all_flags_of_gemini() {
    let body = niello()
        .args([
            "gemini",
            "--system",
            "S",
            "--video",
            "https://youtu.be/x;fps=2;start=1.5s;end=80",
            "--text",
            "a",
        ])
        .args(["--image", "https://h/i;type=image/png", "--max-output-tokens", "7", "--temperature", "0"])
        .args(["--top-p", "0.5", "--top-k", "4", "--stop", "END", "--seed", "-3"])
        .args(["--config", r#"responseMimeType="application/json""#, "--config", "vendor=1"])
        .args(["--set", r#"labels={"team":"v"}"#, "--set", "other=null"])
        .assert()
        .success();
    let want = serde_json::json!({
        "systemInstruction": { "parts": [{ "text": "S" }] },
        "contents": [{ "role": "user", "parts": [
            { "fileData": { "fileUri": "https://youtu.be/x" },
              "videoMetadata": { "fps": 2, "startOffset": "1.500s", "endOffset": "80s" } },
            { "text": "a" },
            { "fileData": { "fileUri": "https://h/i", "mimeType": "image/png" } },
        ] }],
        "generationConfig": { "maxOutputTokens": 7, "temperature": 0, "topP": 0.5, "topK": 4, "stopSequences": ["END"],
            "seed": -3, "responseMimeType": "application/json", "vendor": 1 },
        "labels": { "team": "v" }, "other": null,
    });
    assert_eq!(golden::difference("", &want, &golden::strict(&body.get_output().stdout).unwrap()), None);
}

#[test]
fn standard_input_is_media_or_template() {
    let piped = chat().args(["--video", "-"]).pipe_stdin(CLIP).unwrap().assert().success();
    let named = chat().args(["--video", CLIP]).assert().success();
    assert_eq!(piped.get_output().stdout, named.get_output().stdout);
    let template = format!(r#"[{{"$data_uri":{{"file":"{CLIP}"}}}}]"#);
    niello()
        .args(["fill", "-"])
        .write_stdin(template)
        .assert()
        .success()
        .stdout(contains("data:video/mp4;base64,"));
}

#[test]
fn standard_input_has_a_name() {
    chat()
        .args(["--video", "-", "--dry-run"])
        .pipe_stdin(CLIP)
        .unwrap()
        .assert()
        .success()
        .stdout(contains("standard input"));
    refused(chat().args(["--audio", "-"]).write_stdin("abc"), 1, "standard input: its type");
}

#[test]
fn standard_input_is_read_once() {
    for [a, b] in
        [["-", "-"], ["-", "/dev/stdin"], ["/dev/fd/0", "-;type=a/b"], ["/dev/stdin", "/proc/self/fd/0"]]
    {
        let mut command = chat();
        command.args(["--video", a, "--audio", b]).pipe_stdin(CLIP).unwrap();
        refused(&mut command, 1, "standard input can be read once");
    }
    for template in ["-", "/dev/stdin"] {
        for file in ["/dev/stdin", "/dev/fd/0"] {
            let text = format!(r#"{{"a":[{{"$base64":{{"file":"{file}"}}}}]}}"#);
            refused(niello().args(["fill", template]).write_stdin(text), 1, "was it read before?");
        }
    }
}

#[test]
fn a_limit_holds_for_standard_input_without_end() {
    use std::io::Read;
    for (src, limit) in [("-", "50"), ("/dev/stdin;type=video/mp4", "databricks")] {
        let zeros = Stdio::from(fs::File::open("/dev/zero").unwrap());
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_niello"));
        command.args(["chat", "--model", "m", "--video", src, "--limit", limit]).stdin(zeros);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut says = String::new();
        child.stderr.take().unwrap().read_to_string(&mut says).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(1));
        assert!(says.contains("standard input has more than the"), "{says}");
        assert_eq!(says.lines().count(), 1);
    }
    // As much as the limit is not over it.
    let exact = chat().args(["--video", "-;type=a/b", "--limit", "3"]).write_stdin("abc").assert().code(1);
    exact.stderr(contains("the body has"));
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_name_need_not_be_text() {
    use std::{ffi::OsString, os::unix::ffi::OsStringExt};
    let folder = TempDir::new().unwrap();
    let name = |end: &[u8]| OsString::from_vec([b"\xff;\xc3\xa9.bin", end].concat());
    fs::write(folder.path().join(name(b"")), "abc").unwrap();
    chat()
        .current_dir(folder.path())
        .arg("--video")
        .arg(name(b";type=video/x"))
        .assert()
        .success()
        .stdout(contains("data:video/x;base64,YWJj"));
    let none = folder.path().join(OsString::from_vec(b"no\xfe".to_vec()));
    refused(chat().arg("--video").arg(none), 1, "No such file");
}

#[test]
fn a_hint_is_of_the_kind_of_its_option() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("x y"), [1, 2, 3]).unwrap();
    for command in [&["gemini"][..], &["chat", "--model", "m"]] {
        for (option, hint) in [("--video", "video/mp4"), ("--audio", "audio/mp3"), ("--image", "image/png")] {
            let says = format!("'x y;type={hint}'");
            refused(niello().current_dir(folder.path()).args(command).args([option, "x y"]), 1, &says);
        }
    }
}

#[test]
fn a_value_may_start_with_a_hyphen() {
    niello()
        .args(["chat", "--model", "m", "--system", "-s", "--text", "- a", "--stop", "--"])
        .args(["--video", "-;type=video/x"])
        .write_stdin("abc")
        .assert()
        .success()
        .stdout(
            contains(r#""content":"-s""#)
                .and(contains(r#""text":"- a""#))
                .and(contains(r#"["--"]"#))
                .and(contains("data:video/x;base64,YWJj")),
        );
}

#[test]
fn a_seed_is_as_wide_as_its_api_takes() {
    let widest = i64::MIN.to_string();
    chat().args(["--seed", &widest]).assert().success().stdout(contains(format!("\"seed\":{widest}")));
    refused(chat().args(["--seed", "9223372036854775808"]), 2, "--seed");
    refused(niello().args(["gemini", "--text", "x", "--seed", "2147483648"]), 2, "2147483647");
}

#[test]
fn what_is_wrong_is_said_in_a_line() {
    let folder = TempDir::new().unwrap();
    let unknown = folder.path().join("unknown.bin");
    fs::write(&unknown, [1, 2, 3]).unwrap();
    let unknown = unknown.to_str().unwrap();
    let out = folder.path().join("out.json");

    refused(chat().args(["--video", "none.mp4"]), 1, "none.mp4");
    refused(chat().args(["--video", "src"]), 1, "is a directory");
    refused(chat().args(["--video", "/dev/null"]), 1, "is a device");
    refused(chat().args(["--video", unknown]), 1, ";type=");
    refused(chat().args(["--video", &format!(r#"{unknown};type=video/mp4","x":""#)]), 1, "MIME type");
    refused(chat().args(["--temperature", "nan"]), 1, "temperature");
    refused(chat().args(["--set", "messages=[]"]), 1, "messages");
    refused(chat().args(["--set", "a=1", "--set", "a=2"]), 1, "twice");
    refused(chat().args(["--set", "tools=5"]), 1, "tools");
    refused(chat().args(["--set", "a=text"]), 2, "quotes");
    refused(chat().args(["--video", &format!("{CLIP};fps=2")]), 1, "niello gemini");
    refused(chat().args(["--video", "https://h/v;type=video/mp4"]), 1, "no type");
    refused(chat().args(["--video", CLIP, "--limit", "50"]), 1, "clip.mp4");
    refused(chat().args(["--video", CLIP, "--limit", "50"]), 1, "URL");
    refused(chat().args(["--limit", "few"]), 2, "databricks");
    refused(chat().args(["--limit", "-1"]), 2, "is no limit");
    refused(chat().args(["--format", "json"]), 2, "--dry-run");
    refused(niello().args(["chat", "--model", "m"]), 2, "--text");
    refused(niello().args(["chat", "--text", "x"]), 2, "--model");
    refused(niello().args(["gemini", "--text", "x", "--config", "topK=5"]), 1, "--top-k");
    refused(niello().args(["gemini", "--video", "https://h/v.mp4;fps=25"]), 1, "fps");
    refused(niello().args(["fill", "none.json"]), 1, "none.json");
    refused(niello().args(["fill", "-"]).write_stdin("{\"a\":}"), 1, "line 1 column");
    refused(chat().args(["--video", "none.mp4", "-o", out.to_str().unwrap()]), 1, "none.mp4");
    assert!(!out.exists());
}

#[test]
fn both_spellings_of_a_key_are_one_to_gemini() {
    let gemini = |args: &[&str], says| {
        refused(niello().args(["gemini", "--text", "x"]).args(args), 1, says);
    };
    gemini(&["--set", "system_instruction={}"], "--system");
    gemini(&["--set", "generation_config={}"], "--config");
    for (key, option) in [
        ("max_output_tokens", "--max-output-tokens"),
        ("top_p", "--top-p"),
        ("top_k", "--top-k"),
        ("stop_sequences", "--stop"),
    ] {
        gemini(&["--config", &format!("{key}=1")], option);
    }
    gemini(&["--set", "safetySettings=[]", "--set", "safety_settings=[]"], "twice");
    // To other services they are two.
    chat().args(["--set", "top_k=1", "--set", "topK=1"]).assert().success();
}

#[test]
fn a_path_with_a_line_break_makes_one_line() {
    refused(chat().args(["--video", "no\nsuch\x1bfile"]), 1, "no such file");
}

#[test]
fn a_dry_run_shows_the_exact_length() {
    let body = chat().args(["--video", CLIP]).assert().success();
    let len = body.get_output().stdout.len();
    let bytes = fs::metadata(CLIP).unwrap().len();
    chat().args(["--video", CLIP, "--dry-run"]).assert().success().stdout(
        contains(len.to_string())
            .and(contains(bytes.to_string()))
            .and(contains("clip.mp4"))
            .and(contains("video/mp4")),
    );

    let shown = chat().args(["--video", CLIP, "--dry-run", "--format", "json"]).assert().success();
    let shown: serde_json::Value = serde_json::from_slice(&shown.get_output().stdout).unwrap();
    assert_eq!(shown["length"], len);
    let pieces = shown["pieces"].as_array().unwrap();
    assert_eq!(pieces.iter().map(|piece| piece["length"].as_u64().unwrap()).sum::<u64>(), len as u64);
    assert_eq!((&pieces[1]["kind"], &pieces[1]["bytes"]), (&"base64".into(), &bytes.into()));
    assert_eq!(pieces[1]["offset"], pieces[0]["length"]);
}

#[test]
fn a_dry_run_writes_no_file() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("out.json");
    refused(chat().args(["--dry-run", "-o"]).arg(&out), 2, "cannot be used with");
    assert!(!out.exists());
}

#[cfg(target_os = "linux")]
#[test]
fn an_error_that_cannot_be_said_is_no_panic() {
    let full = || fs::File::options().write(true).open("/dev/full").unwrap();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_niello"));
    let failed = command.args(["chat", "--model", "m", "--video", "none.mp4"]).stderr(full()).status();
    assert_eq!(failed.unwrap().code(), Some(1));
}

#[test]
fn an_output_file_appears_whole_or_not_at_all() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("a b ü.json");
    let alone = |wanted: &[&str]| {
        let mut names: Vec<_> = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(names, wanted);
    };

    let body = chat().args(["--video", CLIP]).assert().success().get_output().stdout.clone();
    chat().args(["--video", CLIP, "-o"]).arg(&out).assert().success().stdout("");
    assert_eq!(fs::read(&out).unwrap(), body);
    alone(&["a b ü.json"]);

    // A media that fails half-way leaves the old file as it was, and nothing else.
    fs::write(&out, "old").unwrap();
    let short = Path::new("/sys/kernel/notes");
    if short.exists() {
        let bad = format!("{};type=video/mp4", short.parent().unwrap().join("uevent_seqnum").display());
        refused(chat().args(["--video", &bad, "-o"]).arg(&out), 1, "uevent_seqnum");
        assert_eq!(fs::read(&out).unwrap(), b"old");
        alone(&["a b ü.json"]);
    }

    refused(chat().arg("-o").arg(folder.path()), 1, "is a directory");
    chat().args(["-o", "/dev/null"]).assert().success();
    assert!(!fs::metadata("/dev/null").unwrap().is_file());
}

#[cfg(unix)]
#[test]
fn an_output_file_keeps_its_rights_and_its_link() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = TempDir::new().unwrap();
    let (file, link) = (folder.path().join("file.json"), folder.path().join("link.json"));
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;

    fs::write(&file, "old").unwrap();
    let usual = mode(&file);
    fs::remove_file(&file).unwrap();
    chat().arg("-o").arg(&file).assert().success();
    assert_eq!(mode(&file), usual);

    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    symlink(&file, &link).unwrap();
    chat().arg("-o").arg(&link).args(["--text", "new"]).assert().success();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert!(fs::read_to_string(&file).unwrap().contains("new"));
    assert_eq!(mode(&file), 0o640);
}

#[cfg(unix)]
#[test]
fn an_output_link_makes_its_target_or_is_an_error() {
    use std::os::unix::fs::symlink;
    let folder = TempDir::new().unwrap();
    let at = |name: &str| folder.path().join(name);

    symlink("there.json", at("dangling")).unwrap();
    symlink("dangling", at("to dangling")).unwrap();
    chat().arg("-o").arg(at("to dangling")).assert().success();
    assert!(fs::symlink_metadata(at("dangling")).unwrap().is_symlink());
    assert!(fs::symlink_metadata(at("there.json")).unwrap().is_file());

    symlink("none/there.json", at("nowhere")).unwrap();
    refused(chat().arg("-o").arg(at("nowhere")), 1, "there is no folder");

    symlink("b", at("a")).unwrap();
    symlink("a", at("b")).unwrap();
    refused(chat().arg("-o").arg(at("a")), 1, "symbolic links");
    assert!(fs::symlink_metadata(at("a")).unwrap().is_symlink());
}

#[test]
fn an_output_file_wants_its_folder() {
    let folder = TempDir::new().unwrap();
    let assert = refused(chat().arg("-o").arg(folder.path().join("none/out.json")), 1, "there is no folder");
    assert.stderr(contains("none/out.json").and(contains(".niello-").not()));
}

#[cfg(unix)]
#[test]
fn an_output_file_that_is_read_only_stays() {
    use std::os::unix::{fs::PermissionsExt, process::CommandExt};
    let folder = TempDir::new().unwrap();
    let at = |name: &str| folder.path().join(name);
    let mode = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    mode(folder.path(), 0o777);
    fs::write(at("out.json"), "old").unwrap();
    mode(&at("out.json"), 0o444);
    // Where anyone may run it.
    fs::copy(env!("CARGO_BIN_EXE_niello"), at("niello")).unwrap();

    let mut command = std::process::Command::new(at("niello"));
    if fs::File::options().write(true).open(at("out.json")).is_ok() {
        // For root no file is read-only.
        command.uid(65534).gid(65534);
    }
    command.args(["chat", "--model", "m", "--text", "x", "-o"]).arg(at("out.json"));
    refused(&mut command.into(), 1, "make it writable");
    assert_eq!(fs::read(at("out.json")).unwrap(), b"old");
}

#[cfg(target_os = "linux")]
#[test]
fn what_is_open_is_written_to_as_it_is() {
    let folder = TempDir::new().unwrap();
    let log = folder.path().join("log");
    for (file, redirected) in [
        ("/dev/stdout", ">>"),
        ("/dev/fd/1", ">>"),
        ("/proc/self/fd/1", ">"),
        ("/dev/stderr", "2>>"),
        ("/dev/fd/7", "7>>"),
        ("link", ">>"),
    ] {
        let _ = std::os::unix::fs::symlink("/dev/stdout", folder.path().join("link"));
        fs::write(&log, "before\n").unwrap();
        let script = format!(
            "{{ echo first >{to}; $0 chat --model m --text x -o {file}; echo last >{to}; }} {redirected} log",
            to = match redirected.trim_end_matches('>') {
                "" => "&1",
                "2" => "&2",
                _ => "&7",
            },
        );
        let mut shell = Command::new("sh");
        shell.args(["-c", &script, env!("CARGO_BIN_EXE_niello")]).current_dir(folder.path());
        shell.assert().success();
        let got = fs::read_to_string(&log).unwrap();
        let before = if redirected == ">" { "" } else { "before\n" };
        assert!(got.starts_with(&format!("{before}first\n{{\"model\"")), "{file} {redirected}: {got}");
        assert!(got.ends_with("}last\n"), "{file} {redirected}: {got}");
    }
}

/// Runs `niello` by a shell line that starts it, with media of this length and -o, and sends it a signal when
/// some of the body is written; returns the lengths of the files that are left, too.
#[cfg(unix)]
fn interrupted(line: &str, len: u64, signal: libc::c_int) -> (std::process::ExitStatus, Vec<u64>) {
    let (folder, out) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let big = folder.path().join("big.mp4");
    fs::File::create(&big).unwrap().set_len(len).unwrap();
    let lengths = || -> Vec<u64> {
        let files = fs::read_dir(out.path()).unwrap();
        files.filter_map(|file| Some(file.unwrap().metadata().ok()?.len())).collect()
    };
    let mut child = std::process::Command::new("sh")
        .args(["-c", line, env!("CARGO_BIN_EXE_niello"), "chat", "--model", "m", "--video"])
        .arg(format!("{};type=video/mp4", big.display()))
        .arg("-o")
        .arg(out.path().join("body.json"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while lengths().iter().all(|len| *len == 0) {
        assert!(child.try_wait().unwrap().is_none());
        std::thread::yield_now();
    }
    // SAFETY: the child has not been waited for, so the number is its own.
    assert_eq!(unsafe { libc::kill(child.id() as libc::pid_t, signal) }, 0);
    (child.wait().unwrap(), lengths())
}

#[cfg(unix)]
#[test]
fn a_signal_leaves_no_half_of_a_file() {
    use std::os::unix::process::ExitStatusExt;
    for signal in [libc::SIGHUP, libc::SIGINT, libc::SIGTERM] {
        let (status, left) = interrupted("exec \"$0\" \"$@\"", 20 << 30, signal);
        assert_eq!((status.signal(), left.len()), (Some(signal), 0));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_signal_that_is_ignored_stays_so() {
    let (status, left) = interrupted("trap '' HUP; exec \"$0\" \"$@\"", 192 << 20, libc::SIGHUP);
    assert!(status.success() && left.len() == 1 && left[0] > 256 << 20, "{status} {left:?}");
}

#[test]
fn a_reader_that_has_enough_ends_it_quietly() {
    let folder = TempDir::new().unwrap();
    let big = folder.path().join("big.mp4");
    fs::File::create(&big).unwrap().set_len(64 << 20).unwrap();
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_niello"))
        .args(["chat", "--model", "m", "--video"])
        .arg(format!("{};type=video/mp4", big.display()))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn both_kinds_of_access_give_the_same() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("f.bin");
    let bytes: Vec<u8> = (0..5_000_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    fs::File::create(&file).unwrap().write_all(&bytes).unwrap();
    let src = format!("{};type=video/mp4", file.display());
    let map =
        chat().args(["--video", &src, "--access", "map"]).assert().success().get_output().stdout.clone();
    let read =
        chat().args(["--video", &src, "--access", "read"]).assert().success().get_output().stdout.clone();
    assert!(map == read && map.len() > 6_666_666);
}

#[test]
fn help_and_version_are_there() {
    niello().arg("--help").assert().success().stdout(contains("Examples:").and(contains("chat")));
    for command in ["chat", "gemini", "fill"] {
        niello().args([command, "--help"]).assert().success().stdout(contains("--dry-run"));
    }
    niello().arg("--version").assert().success().stdout(contains(env!("CARGO_PKG_VERSION")));
}

/// A limit on the size of files is as a disk that is full: the same writes fail.
#[test]
#[cfg(unix)]
fn a_full_disk_is_a_line_and_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("clip.mp4"), vec![0; 100_000]).unwrap();
    for (args, says) in [
        ("--video 'clip.mp4;type=video/mp4' -o body.json", "cannot write to body.json: File too large"),
        ("--video '-;type=video/mp4'", "cannot copy standard input to a temporary file in "),
    ] {
        let niello = env!("CARGO_BIN_EXE_niello");
        let script = format!("ulimit -f 16; cat clip.mp4 | {niello} chat --model m {args} | wc -c");
        let mut bash = std::process::Command::new("bash");
        let output = bash.args(["-o", "pipefail", "-c", &script]).current_dir(&folder).output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{error}");
        assert!(error.contains(says), "{error}");
        assert_eq!(error.lines().count(), 1, "{error}");
        assert_eq!(output.stdout, b"0\n");
    }
    let left: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["clip.mp4"]);
}

/// Shell lines in a folder with `a.wav` and a file named `-`, and what each says; one that says nothing succeeds.
#[test]
#[cfg(unix)]
fn what_stands_for_a_file_is_what_it_is() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.wav"), b"RIFF\x04\0\0\0WAVE").unwrap();
    fs::write(folder.path().join("-"), b"no media").unwrap();
    fs::write(folder.path().join("t.json"), r#"{"$base64":{"file":"/dev/stdin"}}"#).unwrap();
    const WAV: &str = "UklGRgQAAABXQVZF";
    for (line, says) in [
        ("$0 chat --model m --audio - < a.wav", WAV),
        (
            "f() { $0 chat --model m --audio \"$1;type=a/b\" --audio \"$1;type=a/b\"; }; f <(cat a.wav)",
            "was it read before?",
        ),
        ("echo '[1e400,{\"$base64\":{\"file\":\"/dev/stdin\"}}]' | $0 fill -", "was it read before?"),
        ("cat a.wav | $0 fill t.json", WAV),
        ("head -c 9 a.wav | $0 fill t.json --limit 8", "more than the 8 bytes"),
        ("$0 fill <(echo '{\"$base64\":{\"file\":\"a.wav\"}}')", WAV),
        ("$0 chat --model m --text x -o new/", "it is a directory"),
        ("$0 chat --model m --text x -o /dev/fd/3 3> log", "name the file itself"),
    ] {
        let mut bash = Command::new("bash");
        bash.args(["-c", line, env!("CARGO_BIN_EXE_niello")]).current_dir(folder.path());
        let output = bash.output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        assert!(said.contains(says), "{line}: {said}");
        assert_eq!(output.status.success(), says == WAV, "{line}: {said}");
    }
}

#[test]
fn the_properties_of_a_response_schema_keep_their_order() {
    let schema =
        r#"responseSchema={"type":"OBJECT","properties":{"z":{"type":"STRING"},"a":{"type":"STRING"}}}"#;
    let mut command = niello();
    let output = command.args(["gemini", "--text", "x", "--config", schema]).assert().success();
    output.stdout(contains(r#""properties":{"z":{"type":"STRING"},"a":{"type":"STRING"}}"#));
}
