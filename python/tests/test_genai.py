"""google-genai sends what it sends by itself, but in the standard alphabet of base64."""

import asyncio
import base64
import hashlib
import importlib.metadata
import json

import aiohttp
import pytest
from google import genai
from google.genai import types

import niello
import niello.aiohttp
import niello.httpx
import niello.httpx2

# Before version 3, it accepts only clients of httpx.
MAJOR = int(importlib.metadata.version("google-genai").split(".")[0])
MODULES = [niello.httpx2, niello.httpx] if MAJOR >= 3 else [niello.httpx]
RETRIES = types.HttpRetryOptions(attempts=3, initial_delay=0.01)


def client(server, path="", **options):
    return genai.Client(api_key="key", http_options=types.HttpOptions(base_url=server.url + path, **options))


def contents(data):
    blob = types.Blob(mime_type="video/mp4", data=data)
    video = types.Part(inline_data=blob, video_metadata=types.VideoMetadata(fps=2))
    return types.Content(role="user", parts=[video, types.Part(text="What moves?")])


def in_standard_alphabet(clip, documented):
    """The hash of the body that the SDK sends by itself, after its base64 is written in the standard alphabet."""
    data = clip.read_bytes()
    body = {
        "contents": [
            {
                "parts": [
                    {"inlineData": {"data": "DATA", "mime_type": "video/mp4"}, "videoMetadata": {"fps": 2.0}},
                    {"text": "What moves?"},
                ],
                "role": "user",
            }
        ]
    }
    for separators in (",", ":"), (", ", ": "):
        text = json.dumps(body, separators=separators)
        theirs, ours = (
            hashlib.sha256(text.replace("DATA", encoded.decode()).encode()).hexdigest()
            for encoded in (base64.urlsafe_b64encode(data), base64.b64encode(data))
        )
        if theirs == documented:
            return ours
    raise AssertionError("the SDK writes another body than this test expects")


@pytest.mark.parametrize("module", MODULES)
def test_the_body_differs_only_in_the_alphabet(server, clip, module):
    documented, marked = client(server), client(server, httpx_client=module.Client())
    for client_, data in (documented, clip.read_bytes()), (marked, niello.raw(clip)):
        models = client_.models
        assert models.generate_content(model="m", contents=contents(data)).text == "A cat."
        events = models.generate_content_stream(model="m", contents=contents(data))
        assert [event.text for event in events] == ["A cat."] * 2
    requests = server.requests()
    assert len({request["length"] for request in requests}) == 1
    expected = in_standard_alphabet(clip, requests[0]["sha256"])
    assert [request["sha256"] for request in requests] == [requests[0]["sha256"]] * 2 + [expected] * 2


def test_chats_send_their_media_again(server, clip):
    chat = client(server, httpx_client=MODULES[0].Client()).chats.create(model="m")
    chat.send_message([types.Part.from_bytes(data=niello.raw(clip), mime_type="video/mp4"), "What moves?"])
    assert chat.send_message("And then?").text == "A cat."
    assert [request["length"] > 5_000_000 for request in server.requests()] == [True, True]


def test_retries_send_the_whole_body_again(server, clip):
    marked = client(server, "/fail-genai", httpx_client=MODULES[0].Client(), retry_options=RETRIES)
    assert marked.models.generate_content(model="m", contents=contents(niello.raw(clip))).text == "A cat."
    assert [request["status"] for request in server.same(3)] == [500, 500, 200]


@pytest.mark.parametrize("module", MODULES)
def test_the_asynchronous_client_sends_the_same(server, clip, module):
    documented = client(server)
    documented.models.generate_content(model="m", contents=contents(clip.read_bytes()))
    expected = in_standard_alphabet(clip, server.requests()[0]["sha256"])

    async def run():
        path = f"/fail-genai-{module.__name__}"
        marked = client(server, path, httpx_async_client=module.AsyncClient(), retry_options=RETRIES)
        models, data = marked.aio.models, niello.raw(clip)
        assert (await models.generate_content(model="m", contents=contents(data))).text == "A cat."
        events = await models.generate_content_stream(model="m", contents=contents(data))
        assert [event.text async for event in events] == ["A cat."] * 2

    asyncio.run(run())
    assert {request["sha256"] for request in server.same(4)} == {expected}


def test_its_aiohttp_session_can_have_the_middleware(server, clip):
    async def run():
        async with aiohttp.ClientSession(middlewares=(niello.aiohttp.middleware(),)) as session:
            marked = client(server, "/fail-genai-aiohttp", aiohttp_client=session, retry_options=RETRIES)
            response = await marked.aio.models.generate_content(model="m", contents=contents(niello.raw(clip)))
            assert response.text == "A cat."

    asyncio.run(run())
    server.same(3)
