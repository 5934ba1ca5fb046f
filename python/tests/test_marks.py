"""Marks: how long they live, and what they are in the wrong place."""

import base64
import copy
import json

import pytest

import niello
from conftest import CLIP, open_files

DATA = base64.b64encode(CLIP.read_bytes())


def test_marks_are_strings_and_bytes():
    for mark in niello.data_uri(CLIP), niello.base64(CLIP), niello.base64(str(CLIP)):
        assert isinstance(mark, str) and mark.media.mime == "video/mp4"
        assert "nielloMarkedFile" in json.dumps(mark)
    assert niello.data_uri(CLIP).startswith("data:video/mp4;base64,nielloMarkedFile")
    assert isinstance(niello.raw(CLIP), bytes)


def test_marks_are_replaced_where_json_contains_them():
    uri, bare, raw = niello.data_uri(CLIP), niello.base64(CLIP), niello.raw(CLIP)
    text = json.dumps([uri, bare, base64.b64encode(raw).decode(), base64.urlsafe_b64encode(raw).decode()])
    replaced = niello.inlay(text.encode()).read()
    assert json.loads(replaced) == ["data:video/mp4;base64," + DATA.decode(), *[DATA.decode()] * 3]
    assert niello.inlay(b'{"no": "mark"}') is None


def test_a_mark_is_forgotten_when_its_string_is_deleted():
    before = open_files()
    mark = niello.data_uri(CLIP)
    text = json.dumps({"url": mark}).encode()
    body = niello.inlay(text)
    assert open_files() == before + 1
    del mark
    with pytest.raises(niello.InvalidError, match="forgotten"):
        niello.inlay(text)
    # The body holds the media.
    assert body.read() == b'{"url": "data:video/mp4;base64,' + DATA + b'"}'
    del body
    assert open_files() == before


def test_a_string_made_from_a_mark_does_not_keep_it():
    with pytest.raises(niello.InvalidError, match="forgotten"):
        niello.inlay(json.dumps(f"data:video/mp4;base64,{niello.base64(CLIP)}").encode())
    mark = niello.base64(CLIP)
    assert niello.inlay(json.dumps(f"data:video/mp4;base64,{mark}").encode()).read().endswith(DATA + b'"')


def test_copies_keep_the_mark():
    before = open_files()
    value = {"parts": [niello.data_uri(CLIP), niello.raw(CLIP)]}
    copied, shallow = copy.deepcopy(value), copy.copy(value["parts"][0])
    del value
    assert open_files() == before + 2 and shallow is copied["parts"][0]
    assert niello.inlay(json.dumps(copied["parts"][0]).encode()) is not None
    del copied, shallow
    assert open_files() == before


def test_a_changed_mark_is_an_error():
    mark = niello.base64(CLIP)
    for changed in mark[:-1], mark[20:], mark[:-1] + "x", mark.upper(), base64.b64encode(mark.encode()).decode():
        with pytest.raises(niello.InvalidError):
            niello.inlay(json.dumps(changed).encode())


def test_bytes_media_and_file_objects_can_be_marked():
    media = niello.Media.open(CLIP)
    with CLIP.open("rb") as file:
        for source in media, CLIP.read_bytes(), memoryview(CLIP.read_bytes()), file:
            mark = niello.base64(source)
            assert niello.inlay(json.dumps(mark).encode()).read() == b'"' + DATA + b'"'
    for source in niello.base64(CLIP), niello.data_uri(CLIP), niello.raw(CLIP):
        assert niello.base64(source).media is source.media
    with pytest.raises(TypeError, match="cannot open int; pass a path"):
        niello.base64(3)
    assert niello.data_uri(b"samples", mime="audio/pcm").startswith("data:audio/pcm;base64,")
    with pytest.raises(TypeError, match="fixed"):
        niello.base64(media, mime="video/webm")


def test_thousands_of_marks_leave_no_file_open():
    before = open_files()
    for _ in range(2000):
        niello.data_uri(CLIP), niello.raw(CLIP)
    assert open_files() == before
