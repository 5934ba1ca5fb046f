"""JSON Lines."""

import base64
import json
import os
import resource
import subprocess
import sys

import pytest

import niello


def test_lines_are_what_json_writes(tmp_path):
    (tmp_path / "clip.mp4").write_bytes(os.urandom(100_000))
    clip = niello.Media.open(tmp_path / "clip.mp4", mime="video/mp4", keep_open=False)
    values = [
        {"custom_id": f"ü\n{number}", "body": {"clip": clip, "uri": niello.data_uri(clip)}} for number in range(20)
    ]
    body = niello.json_lines(iter(values))
    expected = b"".join(niello.json(value).read() + b"\n" for value in values)
    assert len(body) == len(expected)
    assert body.read() == expected
    assert b"".join(body) == expected
    assert body.seek(-30, 2) and body.read() == expected[-30:]

    text = base64.b64encode((tmp_path / "clip.mp4").read_bytes()).decode()
    for number, line in enumerate(expected.split(b"\n")[:-1]):
        uri = f"data:video/mp4;base64,{text}"
        assert json.loads(line) == {"custom_id": f"ü\n{number}", "body": {"clip": text, "uri": uri}}

    assert niello.json_lines(values, encode="zstd").content_encoding == "zstd"
    assert len(niello.json_lines([])) == 0


def test_errors_have_a_note_with_the_line():
    with pytest.raises(TypeError) as raised:
        niello.json_lines([1, {"a": object()}, 3])
    assert raised.value.__notes__ == ["line 2"]

    def values():
        yield 1
        raise KeyError("of the iterator")

    with pytest.raises(KeyError):
        niello.json_lines(values())
    with pytest.raises(TypeError):
        niello.json_lines(1)
    for value in {"a": 1}, "ab", b"ab":
        with pytest.raises(TypeError, match="use niello.json for one value"):
            niello.json_lines(value)
    assert niello.json_lines([{1}], default=list).read() == b"[1]\n"


def test_media_that_is_not_kept_open_must_stay_at_its_path(tmp_path):
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"abc")
    body = niello.json(niello.Media.open(path, mime="video/mp4", keep_open=False))
    assert body.read() == b'"YWJj"'
    body.seek(0)
    path.write_bytes(b"abcd")
    with pytest.raises(niello.ChangedError):
        body.read()
    path.unlink()
    body.seek(0)
    with pytest.raises(FileNotFoundError):
        body.read()


PROGRAM = """
import niello

def lines():
    for index in range(2000):
        media = niello.Media.open(f"{index % 10}.mp4", mime="video/mp4", keep_open=False)
        yield {"custom_id": str(index), "clip": niello.data_uri(media)}

body = niello.json_lines(lines())
print(len(body), sum(map(len, body)))
"""


def test_any_number_of_files_needs_no_open_files(tmp_path):
    for index in range(10):
        (tmp_path / f"{index}.mp4").write_bytes(bytes(1000))
    program = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=tmp_path,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64)),
        check=True,
        capture_output=True,
        text=True,
    )
    length, read = program.stdout.split()
    assert length == read and int(length) > 2000 * 1336
