"""Extraction: which strings are media, sources, and limits."""

import asyncio
import base64
import json

import pytest

import niello

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 1000
ENCODED = base64.b64encode(PNG).decode()
URI = f"data:image/png;base64,{ENCODED}"


def dumps(value):
    return json.dumps(value, separators=(",", ":")).encode()


def cut(data, size=7):
    return (data[i : i + size] for i in range(0, len(data), size))


async def asynchronous(chunks):
    for chunk in chunks:
        await asyncio.sleep(0)
        yield chunk


def test_media_is_in_the_place_of_base64(tmp_path):
    value = {"created": 2**70, "data": [{"b64_json": ENCODED}, {"url": URI}], "text": ENCODED}
    source = dumps(value)
    path = tmp_path / "response.json"
    path.write_bytes(source)
    with path.open("rb") as file:
        sources = [source, bytearray(source), memoryview(source), file, cut(source), map(bytearray, cut(source))]
        extracted = [niello.extract(each) for each in sources]
    extracted.append(asyncio.run(niello.aextract(asynchronous(cut(source, 1000)))))
    for value, media in extracted:
        first, second = value["data"][0]["b64_json"], value["data"][1]["url"]
        assert first.read() == second.media.read() == PNG and first.mime == "image/png"
        assert [path for path, _ in media] == ["$.data[0].b64_json", "$.data[1].url"]
        assert value["created"] == 2**70 and value["text"] == ENCODED
        first.save(tmp_path / "image.png")
        assert (tmp_path / "image.png").read_bytes() == PNG
        assert niello.json(value).read() == source


def test_a_rule_decides_which_strings_are_media():
    source = dumps({"frames": [{"png": ENCODED}], "b64_json": ENCODED, "url": URI, "content": URI, "text": URI})
    seen = []

    def rule(keys):
        seen.append(keys)
        return {("frames", "png"): "media", ("b64_json",): "text", ("content",): "data_uri"}.get(keys)

    for extracted in niello.extract(source, rule=rule), asyncio.run(niello.aextract(asynchronous([source]), rule=rule)):
        assert [path for path, _ in extracted.media] == ["$.frames[0].png", "$.url", "$.content"]
        assert extracted.value["frames"][0]["png"].read() == PNG
        assert extracted.value["b64_json"] == ENCODED and extracted.value["text"] == URI
    assert seen == [("frames", "png"), ("b64_json",), ("url",), ("content",), ("text",)] * 2


def test_exceptions_of_a_rule_reach_the_caller():
    source = dumps({"b64_json": ENCODED, "text": "after"})
    calls = []

    def broken(keys):
        calls.append(keys)
        raise ZeroDivisionError("broken")

    with pytest.raises(ZeroDivisionError, match="broken"):
        niello.extract(source, rule=broken)
    assert calls == [("b64_json",)]
    for returned in True, "image", 7:
        with pytest.raises(TypeError, match=rf'the rule returned {returned!r} for \$\.b64_json; return "media"'):
            niello.extract(source, rule=lambda keys: returned)
    with pytest.raises(niello.JsonError, match=r"\$\.text"):
        niello.extract(source, rule=lambda keys: "media")


def test_limits_are_errors_that_name_their_argument():
    source = dumps({"data": [{"b64_json": ENCODED}, {"b64_json": ENCODED}], "text": "a" * 1000})
    for name, enough in ("max_text", 1500), ("max_media", 2), ("max_media_bytes", 2 * len(PNG)):
        assert len(niello.extract(source, **{name: enough}).media) == 2
        too_few = 1000 if name == "max_text" else enough - 1
        with pytest.raises(niello.TooLargeError, match=f"; raise {name}$"):
            niello.extract(source, **{name: too_few})
        with pytest.raises(niello.TooLargeError, match=f"; raise {name}$"):
            asyncio.run(niello.aextract(asynchronous(cut(source, 1000)), **{name: too_few}))


def test_a_lone_surrogate_can_be_sent_again():
    extracted = niello.extract(b'{"a":"\\ud83d","\\udc80":"\\ud83d\\ude00"}')
    assert niello.json(extracted.value).read() == '{"a":"\\ud83d","\\udc80":"😀"}'.encode()


def test_json_that_is_not_valid_is_an_error():
    with pytest.raises(niello.JsonError, match=r"\$\.data\[0\]\.b64_json"):
        niello.extract(b'{"data": [{"b64_json": "not base64!"}]}')
    for source in b"{", b"", []:
        with pytest.raises(niello.JsonError, match="not valid"):
            niello.extract(source)


def test_other_sources_are_errors_that_name_the_type(tmp_path):
    path = tmp_path / "response.json"
    path.write_text("{}")
    with path.open() as file:
        for source, name in ("{}", "str"), (["{}"], "str"), (file, "str"), ([1], "int"):
            with pytest.raises(TypeError, match=f"from {name}; pass bytes"):
                niello.extract(source)
    with pytest.raises(TypeError, match="await niello.aextract"):
        niello.extract(asynchronous([b"{}"]))
    with pytest.raises(TypeError, match="not bytes; use niello.extract"):
        asyncio.run(niello.aextract(b"{}"))
    for source in None, 7:
        with pytest.raises(TypeError, match="pass bytes"):
            niello.extract(source)
