//! `niello fill --lines`.

use super::{CLIP, fails, niello};
use assert_cmd::Command;
use predicates::{prelude::*, str::contains};
use std::{fs, path::Path};
use tempfile::TempDir;

/// Creates a folder with ten media files of different lengths and a template for each, and an empty line between them.
fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    let clip = fs::read(CLIP).unwrap();
    let mut templates = String::new();
    for index in 0..10 {
        fs::write(folder.path().join(format!("{index}.mp4")), [&clip[..], &vec![0; index]].concat()).unwrap();
        templates += &format!(
            "{{ \"custom_id\": \"{index}\", \"body\": {{\"n\": 1.50, \"clip\": {{\"$data_uri\": {{\"file\": \"{index}.mp4\"}}}}}} }}\r\n"
        );
        if index == 4 {
            templates += " \t\r\n\n";
        }
    }
    fs::write(folder.path().join("templates.jsonl"), templates).unwrap();
    folder
}

fn lines(folder: &Path) -> Command {
    let mut command = niello();
    command.current_dir(folder).args(["fill", "--lines", "templates.jsonl"]);
    command
}

fn stdout(command: &mut Command) -> String {
    String::from_utf8(command.assert().success().get_output().stdout.clone()).unwrap()
}

#[test]
fn each_line_is_what_fill_makes_of_its_template() {
    let folder = folder();
    let templates = fs::read_to_string(folder.path().join("templates.jsonl")).unwrap();
    let fill = |template: &str| {
        stdout(niello().current_dir(&folder).args(["fill", "-"]).write_stdin(template.to_owned()))
    };
    let filled: Vec<_> =
        templates.lines().filter(|line| !line.trim().is_empty()).map(|line| fill(line) + "\n").collect();
    assert_eq!(filled.len(), 10);
    assert!(filled[0].contains("\"n\":1.50,\"clip\":\"data:video/mp4;base64,AAAA"));
    let expected = filled.concat();

    assert!(stdout(&mut lines(folder.path())) == expected);
    lines(folder.path()).args(["-o", "requests.jsonl"]).assert().success().stdout("").stderr("");
    assert!(fs::read_to_string(folder.path().join("requests.jsonl")).unwrap() == expected);
    let mut piped = niello();
    // The byte order mark and the last line feed make no difference.
    let templates = format!("\u{feff}{}", templates.trim_end());
    let piped = piped.current_dir(&folder).args(["fill", "--lines", "-"]).write_stdin(templates);
    assert!(stdout(piped) == expected);

    let coded = lines(folder.path()).args(["--content-encoding", "zstd"]).assert().success();
    assert!(zstd::decode_all(&coded.get_output().stdout[..]).unwrap() == expected.as_bytes());
}

#[test]
fn length_is_known_before_anything_is_written() {
    let folder = folder();
    let len = stdout(&mut lines(folder.path())).len();
    let dry_run = stdout(lines(folder.path()).args(["--dry-run", "--format", "json"]));
    let report: serde_json::Value = serde_json::from_str(&dry_run).unwrap();
    assert_eq!(report["length"], len);
    // The text before each media, and after the last.
    assert_eq!(report["segments"].as_array().unwrap().len(), 21);
    assert!(stdout(lines(folder.path()).arg("--dry-run")).contains(&format!("{len} ")));
}

#[test]
fn preview_shows_the_requests_one_after_the_other() {
    let folder = TempDir::new().unwrap();
    let templates = "{\"a\":{\"$base64\":{\"file\":\"a.bin\"}}}\n[1]\n";
    fs::write(folder.path().join("templates.jsonl"), templates).unwrap();
    fs::write(folder.path().join("a.bin"), "abc").unwrap();
    let expected = "{\n  \"a\": \"YWJj\"\n}\n[\n  1\n]\n<17 bytes in total>\n";
    assert_eq!(stdout(lines(folder.path()).arg("--preview")), expected);
}

#[test]
fn error_names_the_line_of_the_file_and_nothing_is_written() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("b.bin"), "abc").unwrap();
    fs::write(folder.path().join("requests.jsonl"), "unchanged").unwrap();
    for (third, message) in [
        (
            r#"{"a": [{"$base64": {"file": "none"}}]}"#,
            "line 3: template: $.a[0]: cannot open none: No such file",
        ),
        (r#"{"a": }"#, "line 3: the template is not valid JSON: expected value at column 7"),
        (r#"{"a": 1, "a": 2}"#, "line 3: template: $ has the key \"a\" twice"),
        (
            "{",
            "line 3: the template is not valid JSON: EOF while parsing an object at column 1; with --lines, each line",
        ),
        (r#"{"$data_uri": {"file": "b.bin"}}"#, "line 3: template: $: cannot detect the media type of b.bin"),
    ] {
        let templates = format!("{{\"a\": {{\"$base64\": {{\"file\": \"b.bin\"}}}}}}\n\n{third}\nnot read\n");
        fs::write(folder.path().join("templates.jsonl"), templates).unwrap();
        fails(&mut lines(folder.path()), 1, message);
        fails(lines(folder.path()).args(["-o", "requests.jsonl"]), 1, message);
    }
    assert_eq!(fs::read_to_string(folder.path().join("requests.jsonl")).unwrap(), "unchanged");

    let templates = folder.path().join("templates.jsonl");
    fs::write(&templates, b"{}\n\"\xe9\"\n").unwrap();
    fails(&mut lines(folder.path()), 1, "templates.jsonl: line 2 is not UTF-8: byte 2 is invalid");
    fs::write(&templates, "{}\n".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>()).unwrap();
    fails(&mut lines(folder.path()), 1, "line 1 is UTF-16; convert it to UTF-8");
    for empty in ["", "\n \r\n"] {
        fs::write(&templates, empty).unwrap();
        fails(&mut lines(folder.path()), 1, "templates.jsonl contains no templates; write one on each line");
    }
    fs::remove_file(&templates).unwrap();
    fails(&mut lines(folder.path()), 1, "cannot read templates.jsonl: No such file");
}

/// More templates than one read of a pipe returns.
#[test]
#[cfg(unix)]
fn templates_from_a_pipe_never_become_media() {
    let template = r#"{"$base64": {"file": "/dev/stdin"}}"#;
    let templates = [template, &" ".repeat(1 << 20), "{}", template].join("\n");
    let message = "line 1: template: $: cannot open /dev/stdin: the pipe is empty; was it read before?";
    fails(niello().args(["fill", "--lines", "-"]).write_stdin(templates), 1, message);
}

#[test]
fn limit_applies_to_each_request() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("templates.jsonl"), "\"1234567\"\n\"123\"\n\"12345678\"\n").unwrap();
    lines(folder.path()).args(["--limit", "10"]).assert().success();
    fails(
        lines(folder.path()).args(["--limit", "9"]),
        1,
        "line 3: the body has 10 bytes, over the limit of 9",
    );
}

#[test]
fn output_over_a_template_or_media_is_an_error() {
    let folder = folder();
    for out in ["templates.jsonl", "7.mp4"] {
        fails(lines(folder.path()).args(["-o", out]), 1, "would overwrite a file");
    }
    let access = lines(folder.path()).args(["--access", "map"]).assert().code(2);
    access.stderr(contains("'--lines' cannot be used with '--access <ACCESS>'"));
}

#[test]
fn fill_suggests_lines_for_a_file_with_several_templates() {
    let fill = |templates: &'static str| {
        let mut command = niello();
        command.args(["fill", "-"]).write_stdin(templates);
        command
    };
    fails(&mut fill("{}\n{}\n"), 1, "use --lines if there is a template on each line");
    fill("{}\n{\n").assert().failure().stderr(contains("--lines").not());
}

#[test]
fn events_that_were_extracted_are_filled_again() {
    let folder = TempDir::new().unwrap();
    let events =
        "{\"b64_json\":\"iVBORw0KGgoAAAANSUhEUg==\"}\n{\"text\":\"between\"}\n{\"b64_json\":\"AAAA\"}\n";
    let extract = ["extract", "--events", "--dir", ".", "-o", "templates.jsonl"];
    niello().current_dir(&folder).args(extract).write_stdin(events).assert().success();
    assert_eq!(stdout(&mut lines(folder.path())), events);
}

/// The requests have ten times the bytes that the process may have in memory.
#[test]
#[cfg(target_os = "linux")]
fn ten_thousand_requests_need_32_mib() {
    use std::{
        io::{self, Read},
        process::{self, Stdio},
    };

    let folder = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    fs::File::create(folder.path().join("clip.mp4")).unwrap().set_len(24_000).unwrap();
    let mut templates = String::new();
    let prompt = "What happens here? ".repeat(15);
    for index in 0..10_000 {
        std::os::unix::fs::symlink("clip.mp4", folder.path().join(format!("{index}.mp4"))).unwrap();
        templates += &format!(
            "{{\"custom_id\":\"{index}\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\",\"body\":{{\"model\":\"m\",\"messages\":[{{\"role\":\"user\",\"content\":[{{\"type\":\"text\",\"text\":\"{prompt}\"}},{{\"type\":\"video_url\",\"video_url\":{{\"url\":{{\"$data_uri\":{{\"file\":\"{index}.mp4\",\"mime\":\"video/mp4\"}}}}}}}}]}}]}}}}\n"
        );
    }
    fs::write(folder.path().join("templates.jsonl"), templates).unwrap();

    let mut niello = process::Command::new(env!("CARGO_BIN_EXE_niello"));
    niello.current_dir(&folder).args(["fill", "--lines", "templates.jsonl"]).stdout(Stdio::piped());
    let mut niello = niello.spawn().unwrap();
    let mut requests = niello.stdout.take().unwrap();
    // After this much, the memory that the plan took at most has been counted. The process is still alive.
    let len = io::copy(&mut requests.by_ref().take(200 << 20), &mut io::sink()).unwrap();
    assert_eq!(len, 200 << 20);
    let status = fs::read_to_string(format!("/proc/{}/status", niello.id())).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let peak: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
    io::copy(&mut requests, &mut io::sink()).unwrap();
    assert!(niello.wait().unwrap().success());
    println!("{peak} KiB");
    assert!(peak < 32 * 1024, "{peak} KiB were resident");
}
