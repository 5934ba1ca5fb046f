"""openai sends what it sends by itself, for each way to make it use niello."""

import asyncio
import base64
import contextlib

import httpx
import httpx2
import openai
import pytest

import niello
import niello.httpx
import niello.httpx2
from conftest import CLIP, documented_uri, messages, open_files

CLIENTS = {
    "httpx2": niello.httpx2.Client,
    "httpx": niello.httpx.Client,
    "httpx2 transport": lambda: httpx2.Client(transport=niello.httpx2.Transport()),
    "httpx transport": lambda: httpx.Client(transport=niello.httpx.Transport()),
}
ASYNC_CLIENTS = {
    "httpx2": niello.httpx2.AsyncClient,
    "httpx": niello.httpx.AsyncClient,
    "httpx2 transport": lambda: httpx2.AsyncClient(transport=niello.httpx2.AsyncTransport()),
    "httpx transport": lambda: httpx.AsyncClient(transport=niello.httpx.AsyncTransport()),
}

# openai before version 3 accepts only clients of httpx.
MAJOR = int(openai.__version__.split(".")[0])
ACCEPTED = [name for name in CLIENTS if MAJOR >= 3 or not name.startswith("httpx2")]


def client(server, path="", **options):
    return openai.OpenAI(api_key="key", base_url=f"{server.url}{path}/v1", **options)


def ask(client, uri, **options):
    return client.chat.completions.create(model="m", messages=messages(uri), **options)


@contextlib.contextmanager
def raises(error):
    """Expects an error, as it is or, in versions of openai that wrap all errors, as the cause of another."""
    with pytest.raises((error, openai.APIConnectionError)) as raised:
        yield
    assert isinstance(raised.value, error) or isinstance(raised.value.__cause__, error)


@pytest.mark.parametrize("name", ACCEPTED)
def test_the_body_is_the_documented_one(server, clip, name):
    for uri, options in (documented_uri(clip), {}), (niello.data_uri(clip), {"http_client": CLIENTS[name]()}):
        assert ask(client(server, **options), uri).choices[0].message.content == "A cat."
    server.same(2)


def test_audio_and_images_are_sent_as_documented(server):
    talk = CLIP.parent / "media/audio.mp3"
    encoded = base64.b64encode(talk.read_bytes()).decode()
    image = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
    image_uri = f"data:image/png;base64,{base64.b64encode(image).decode()}"
    marked = client(server, http_client=CLIENTS[ACCEPTED[0]]())
    for client_, data, uri in (
        (client(server), encoded, image_uri),
        (marked, niello.base64(talk), niello.data_uri(image)),
    ):
        content = [
            {"type": "input_audio", "input_audio": {"data": data, "format": "mp3"}},
            {"type": "image_url", "image_url": {"url": uri}},
        ]
        client_.chat.completions.create(model="m", messages=[{"role": "user", "content": content}])
    assert len({request["sha256"] for request in server.requests()}) == 1


@pytest.mark.parametrize("name", ACCEPTED)
def test_responses_stream(server, clip, name):
    for uri, options in (documented_uri(clip), {}), (niello.data_uri(clip), {"http_client": CLIENTS[name]()}):
        with ask(client(server, **options), uri, stream=True) as events:
            assert [event.choices[0].delta.content for event in events] == ["A cat."] * 2
    server.same(2)


@pytest.mark.parametrize("name", ACCEPTED)
def test_retries_send_the_whole_body_again(server, clip, name):
    ask(client(server, f"/fail-{name.replace(' ', '-')}", http_client=CLIENTS[name](), max_retries=2), niello.data_uri(clip))
    requests = server.same(3)
    assert [request["status"] for request in requests] == [500, 500, 200]
    assert [request["retry"] for request in requests] == ["0", "1", "2"]


@pytest.mark.parametrize("name", [name for name in ACCEPTED if "transport" not in name])
def test_redirects_send_the_whole_body_again(server, clip, name):
    ask(client(server, "/redirect", http_client=CLIENTS[name]()), niello.data_uri(clip))
    assert [request["status"] for request in server.same(2)] == [307, 200]


@pytest.mark.parametrize("name", ACCEPTED)
def test_the_asynchronous_client_sends_the_same(server, clip, name):
    async def run():
        options = {"api_key": "key", "max_retries": 2}
        path = f"/fail-async-{name.replace(' ', '-')}/v1"
        async with openai.AsyncOpenAI(
            base_url=server.url + path, http_client=ASYNC_CLIENTS[name](), **options
        ) as marked, openai.AsyncOpenAI(base_url=server.url + path, **options) as documented:
            for client, uri in (marked, niello.data_uri(clip)), (documented, documented_uri(clip)):
                assert (await ask(client, uri)).choices[0].message.content == "A cat."
            events = await ask(marked, niello.data_uri(clip), stream=True)
            assert [event.choices[0].delta.content async for event in events] == ["A cat."] * 2

    asyncio.run(run())
    *requests, streamed = server.requests()
    assert [request["status"] for request in requests] == [500, 500, 200, 200] and streamed["status"] == 200
    assert len({request["sha256"] for request in requests}) == 1


def test_many_requests_at_once_send_their_own_media(server, clip, tmp_path):
    other = tmp_path / "other.mp4"
    data = bytearray(clip.read_bytes())
    data[-1] ^= 1
    other.write_bytes(data)

    async def run():
        async with openai.AsyncOpenAI(
            api_key="key", base_url=server.url + "/v1", http_client=ASYNC_CLIENTS[ACCEPTED[0]]()
        ) as client:
            await asyncio.gather(*(ask(client, niello.data_uri(path)) for path in [clip, other] * 8))

    asyncio.run(run())
    sent = [request["sha256"] for request in server.requests()]
    for path in clip, other:
        ask(client(server), documented_uri(path))
        assert sent.count(server.requests()[0]["sha256"]) == 8


def test_zstd_bodies_decode_to_the_documented_one(server, clip):
    module = niello.httpx2 if MAJOR >= 3 else niello.httpx
    ask(client(server), documented_uri(clip))
    ask(client(server, http_client=module.Client(encode="zstd")), niello.data_uri(clip))
    documented, coded = server.requests()
    assert documented["sha256"] == coded["sha256"] and coded["encoding"] == "zstd"
    assert coded["length"] < 0.76 * documented["length"]


def test_a_changed_file_fails_the_request_with_its_cause(server, clip, tmp_path):
    path = tmp_path / "changing.mp4"
    path.write_bytes(clip.read_bytes())
    uri = niello.data_uri(path)
    path.write_bytes(b"other")
    with raises(niello.ChangedError):
        ask(client(server, http_client=CLIENTS[ACCEPTED[0]](), max_retries=0), uri)
    assert server.requests() == []


def test_a_forgotten_mark_fails_the_request_with_its_cause(server, clip):
    text = f"data:video/mp4;base64,{niello.base64(clip)}"
    with raises(niello.InvalidError):
        ask(client(server, http_client=CLIENTS[ACCEPTED[0]](), max_retries=0), text)
    assert server.requests() == []


def test_requests_without_marks_are_sent_as_they_are(server):
    ask(client(server), "https://example.com/clip.mp4")
    ask(client(server, http_client=CLIENTS[ACCEPTED[0]]()), "https://example.com/clip.mp4")
    assert len({request["sha256"] for request in server.requests()}) == 1


def test_files_close_with_their_request(server, clip):
    marked = client(server, http_client=CLIENTS[ACCEPTED[0]]())
    ask(marked, niello.data_uri(clip))
    before = open_files()
    for _ in range(20):
        ask(marked, niello.data_uri(clip))
    assert open_files() == before
    kept = niello.data_uri(clip)
    ask(marked, kept)
    assert open_files() == before + 1
