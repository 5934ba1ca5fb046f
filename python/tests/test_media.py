"""Media and bodies without a client."""

import base64
import gzip
import io
import json
import os
import pickle
import shutil
import sys
import tempfile
import threading

import pytest
import zstandard

import niello
from conftest import CLIP, documented_uri

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 1000


def text(body):
    return b"".join(body)


def test_media_opens_paths_bytes_and_file_objects():
    data = CLIP.read_bytes()
    opened = [
        niello.Media.open(str(CLIP)),
        niello.Media.open(CLIP),
        niello.Media.from_bytes(data),
        niello.Media.from_bytes(bytearray(data)),
        niello.Media.from_bytes(memoryview(data)),
        niello.Media.from_file(io.BytesIO(data)),
    ]
    for file in CLIP.open("rb"), CLIP.open("rb", buffering=0):
        with file:
            opened.append(niello.Media.from_file(file))
            assert file.tell() == 0
    for media in opened:
        assert (media.mime, len(media), media.read()) == ("video/mp4", len(data), data)
        assert media.encoded_len == len(base64.b64encode(data))
    assert opened[0].name == opened[-1].name == str(CLIP)


def test_file_objects_are_read_from_their_position():
    data = PNG + PNG
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.seek(len(PNG))
        assert niello.Media.from_file(file).read() == PNG
        file.seek(0)
        assert niello.Media.from_file(file).read() == data
    file = io.BytesIO(data)
    file.seek(len(PNG))
    assert niello.Media.from_file(file).read() == PNG


def test_file_objects_that_decompress_are_not_read_behind_their_back(tmp_path):
    path = tmp_path / "clip.mp4.gz"
    with gzip.open(path, "wb") as file:
        file.write(CLIP.read_bytes())
    with gzip.open(path, "rb") as file:
        assert niello.Media.from_file(file).read() == CLIP.read_bytes()


def test_what_was_written_to_a_file_object_is_part_of_its_media(tmp_path):
    with (tmp_path / "image").open("w+b") as file:
        file.write(PNG)
        file.seek(0)
        assert len(niello.Media.from_file(file)) == len(PNG)


def test_exceptions_of_file_objects_reach_the_caller():
    class Broken(io.RawIOBase):
        def readable(self):
            return True

        def readinto(self, buffer):
            raise ZeroDivisionError("broken")

    with pytest.raises(ZeroDivisionError, match="broken"):
        niello.Media.from_file(Broken())
    with pytest.raises(TypeError, match="binary mode"):
        niello.Media.from_file(io.StringIO("text"))
    with pytest.raises(AttributeError):
        niello.Media.from_file(7)


def test_media_is_saved_to_a_file(tmp_path):
    niello.Media.from_bytes(PNG).save(tmp_path / "image.png")
    assert (tmp_path / "image.png").read_bytes() == PNG


def test_errors_are_the_exceptions_that_python_has_for_them(tmp_path):
    with pytest.raises(FileNotFoundError, match="cannot open .*nothing.mp4") as raised:
        niello.Media.open(tmp_path / "nothing.mp4")
    assert isinstance(raised.value, niello.IoError) and raised.value.kind == "io" and raised.value.errno == 2
    with pytest.raises(IsADirectoryError):
        niello.Media.open(tmp_path)
    with pytest.raises(niello.MimeTypeError, match="cannot detect") as raised:
        niello.Media.from_bytes(b"\0not media")
    assert isinstance(raised.value, ValueError) and raised.value.kind == "mime_type"
    assert niello.Media.from_bytes(b"raw samples", mime="audio/pcm;rate=16000").mime == "audio/pcm;rate=16000"
    with pytest.raises(niello.JsonError):
        niello.extract(b"{")
    assert issubclass(niello.ChangedError, OSError) and issubclass(niello.ChangedError, niello.Error)


def test_errors_can_be_pickled(tmp_path):
    raised = []
    for path in tmp_path / "nothing.mp4", tmp_path:
        with pytest.raises(niello.IoError) as error:
            niello.Media.open(path)
        raised.append(error.value)
    with pytest.raises(niello.MimeTypeError) as error:
        niello.Media.from_bytes(b"\0not media")
    for error in *raised, error.value, niello.ChangedError("changed"):
        copied = pickle.loads(pickle.dumps(error))
        assert (type(copied), str(copied), copied.kind) == (type(error), str(error), error.kind)
        assert getattr(copied, "errno", None) == getattr(error, "errno", None)
    assert {type(error).__qualname__ for error in raised} == {"IoError"}


def test_a_body_is_what_json_dumps_writes(clip):
    media = niello.Media.open(clip)
    encoded = base64.b64encode(clip.read_bytes()).decode()
    value = {"a": [media, 1, 2**70, 1.5, None, True, "\u00e9\u4e16\"\n"], "b": niello.data_uri(media), "c": (media,)}
    documented = {**value, "a": [encoded, *value["a"][1:]], "b": documented_uri(clip), "c": [encoded]}
    documented = json.dumps(documented, ensure_ascii=False, separators=(",", ":")).encode()
    body = niello.json(value)
    assert len(body) == len(documented) and body.read() == documented
    assert text(niello.json({"data": niello.raw(media)})) == json.dumps({"data": encoded}, separators=(",", ":")).encode()
    assert text(niello.json({"no": "media"})) == b'{"no":"media"}'


def test_what_json_cannot_express_is_an_error():
    with pytest.raises(TypeError, match="type set"):
        niello.json({1, 2})
    with pytest.raises(TypeError, match="type bytes"):
        niello.json({"data": b"bytes"})
    with pytest.raises(ValueError):
        niello.json(float("nan"))
    assert niello.json({1, 2}, default=sorted).read() == b"[1,2]"


def test_a_body_is_a_binary_file(clip):
    body = niello.json([niello.Media.open(clip)])
    whole = body.read()
    assert body.tell() == len(body) == len(whole) and body.read() == body.read(5) == b""
    assert body.seek(-9, os.SEEK_END) == len(whole) - 9
    assert body.read(4) == whole[-9:-5] and body.tell() == len(whole) - 5
    assert body.seek(2, os.SEEK_CUR) == len(whole) - 3
    body.seek(3)
    buffer = bytearray(100)
    assert body.readinto(buffer) == 100 and buffer == whole[3:103]
    body.seek(-3, os.SEEK_END)
    assert body.readinto(buffer) == 3 and buffer == whole[-3:] + whole[6:103]
    with pytest.raises(TypeError, match="read-only"):
        body.readinto(b"bytes")
    with pytest.raises(ValueError, match="before the start"):
        body.seek(-1)
    body.seek(0)
    copy = io.BytesIO()
    shutil.copyfileobj(body, copy)
    assert copy.getvalue() == whole


def test_iterating_starts_at_the_beginning_each_time(clip):
    body = niello.json([niello.Media.open(clip)])
    chunks = list(body)
    assert {len(chunk) for chunk in chunks[:-1]} == {2**20} and b"".join(chunks) == body.read()
    assert list(body) == chunks
    assert b"".join(body.chunks(1000)) == b"".join(chunks)
    with pytest.raises(ValueError, match="positive"):
        body.chunks(0)


def test_zstd_bodies_decode_to_the_plain_body(clip):
    value = {"video": niello.Media.open(clip)}
    plain, coded = niello.json(value), niello.json(value, encode="zstd")
    assert coded.content_encoding == "zstd" and plain.content_encoding == "identity"
    assert clip.stat().st_size < len(coded) < 1.001 * clip.stat().st_size
    assert zstandard.ZstdDecompressor().decompressobj().decompress(coded.read()) == plain.read()
    assert coded.encode("identity").read() == text(plain)
    with pytest.raises(ValueError, match="unknown content coding"):
        plain.encode("gzip")


def test_a_file_that_changes_is_an_error_and_never_other_bytes(clip, tmp_path):
    path = tmp_path / "changing.mp4"
    path.write_bytes(clip.read_bytes())
    media = niello.Media.open(path)
    body = niello.json([media])
    os.truncate(path, 5000)
    with pytest.raises(niello.ChangedError, match="truncated"):
        body.read()
    with pytest.raises(niello.ChangedError):
        list(body)
    with pytest.raises(niello.ChangedError):
        media.read()


def test_pickling_is_refused_with_the_reason(clip):
    media = niello.Media.open(clip)
    for value in media, niello.json(media), niello.data_uri(media), niello.raw(media):
        with pytest.raises(TypeError, match="open in this process"):
            pickle.dumps(value)


def test_threads_share_a_body(clip):
    body = niello.json([niello.Media.open(clip)])
    whole, parts = text(body), []

    def read():
        while part := body.read(1000):
            parts.append(part)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(map(len, parts)) == len(whole) and set(parts) <= {whole[i : i + 1000] for i in range(0, len(whole), 1000)}


def test_another_thread_runs_while_a_body_is_read(clip):
    media = niello.Media.open(clip)
    bodies = [niello.json(media) for _ in range(500)]
    start, ran = threading.Lock(), []
    start.acquire()
    thread = threading.Thread(target=lambda: (start.acquire(), ran.append(True)))
    thread.start()
    interval = sys.getswitchinterval()
    try:
        # From here on, Python switches threads only when the interpreter is released.
        sys.setswitchinterval(1000)
        start.release()
        assert not ran
        for body in bodies:
            body.read()
            if ran:
                break
        during = list(ran)
    finally:
        sys.setswitchinterval(interval)
        thread.join()
    assert during
