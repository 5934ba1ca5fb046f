"""requests, httpx, httpx2 and aiohttp send what they send by themselves."""

import asyncio
import json

import aiohttp
import aiohttp.web
import httpx
import httpx2
import pytest
import requests
from aiohttp.test_utils import TestServer

import niello
import niello.aiohttp
import niello.httpx
import niello.httpx2
import niello.requests
from conftest import documented_uri, messages


def adapted_session():
    session = requests.Session()
    session.mount("http://", niello.requests.Adapter())
    return session


@pytest.mark.parametrize("session", [niello.requests.Session, adapted_session])
def test_requests_sends_the_documented_body(server, clip, session):
    requests.post(server.url + "/v1", json=messages(documented_uri(clip))).raise_for_status()
    marked = messages(niello.data_uri(clip))
    with session() as session:
        session.post(server.url + "/v1", json=marked).raise_for_status()
        session.post(server.url + "/v1", data=json.dumps(marked)).raise_for_status()
        session.post(server.url + "/v1", data=bytearray(json.dumps(marked).encode())).raise_for_status()
        session.post(server.url + "/redirect/v1", json=marked).raise_for_status()
        session.get(server.url + "/v1").raise_for_status()
    assert [request["status"] for request in server.same(6)] == [200, 200, 200, 200, 307, 200]


def test_retries_of_urllib3_send_the_whole_body_again(server, clip):
    from urllib3.util import Retry

    retries = Retry(3, backoff_factor=0, status_forcelist=[500], allowed_methods=None)
    with requests.Session() as session:
        session.mount("http://", niello.requests.Adapter(max_retries=retries))
        session.post(server.url + "/fail-urllib3", json=messages(niello.data_uri(clip))).raise_for_status()
    assert [request["status"] for request in server.same(3)] == [500, 500, 200]


@pytest.mark.parametrize("module, adapted", [(httpx, niello.httpx), (httpx2, niello.httpx2)])
def test_httpx_sends_the_documented_body(server, clip, module, adapted):
    with module.Client() as plain, adapted.Client() as client:
        plain.post(server.url + "/v1", json=messages(documented_uri(clip))).raise_for_status()
        client.post(server.url + "/v1", json=messages(niello.data_uri(clip))).raise_for_status()
        client.post(server.url + "/redirect/v1", json=messages(niello.data_uri(clip))).raise_for_status()
        client.get(server.url + "/v1").raise_for_status()
    server.same(4)


@pytest.mark.parametrize("adapted", [niello.httpx, niello.httpx2])
def test_clients_of_httpx_use_the_proxy_of_the_environment(server, clip, adapted, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", server.url)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    with adapted.Client() as client:
        client.post("http://niello.invalid/v1", json=messages(niello.data_uri(clip))).raise_for_status()
    assert server.same(1)[0]["path"] == "http://niello.invalid/v1"


@pytest.mark.parametrize("module", [httpx, httpx2])
@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_httpx_sends_media_from_any_event_loop(server, clip, module, backend):
    import anyio

    adapted = {httpx: niello.httpx, httpx2: niello.httpx2}[module]

    async def run():
        async with adapted.AsyncClient() as client:
            response = await client.post(server.url + "/v1", json=messages(niello.data_uri(clip)))
            response.raise_for_status()

    anyio.run(run, backend=backend)
    module.post(server.url + "/v1", json=messages(documented_uri(clip))).raise_for_status()
    server.same(2)


def test_aiohttp_sends_the_documented_body(server, clip):
    async def run():
        middlewares = (niello.aiohttp.middleware(),)
        async with aiohttp.ClientSession() as plain, aiohttp.ClientSession(middlewares=middlewares) as session:
            for client, path, uri in (
                (plain, "/v1", documented_uri(clip)),
                (session, "/v1", niello.data_uri(clip)),
                (session, "/redirect/v1", niello.data_uri(clip)),
            ):
                async with client.post(server.url + path, json=messages(uri)) as response:
                    assert response.status == 200
            async with session.get(server.url + "/v1") as response:
                assert response.status == 200

    asyncio.run(run())
    server.same(4)


@pytest.mark.parametrize("module, adapted", [(httpx, niello.httpx), (httpx2, niello.httpx2)])
def test_redirects_through_a_transport_send_the_media_again(server, clip, module, adapted):
    marked = messages(niello.data_uri(clip))
    with module.Client(transport=adapted.Transport(), follow_redirects=True) as client:
        client.post(server.url + "/redirect/v1", json=marked).raise_for_status()

    async def run():
        async with module.AsyncClient(transport=adapted.AsyncTransport(), follow_redirects=True) as client:
            (await client.post(server.url + "/redirect/v1", json=marked)).raise_for_status()

    asyncio.run(run())
    assert [request["status"] for request in server.same(4)] == [307, 200, 307, 200]


def test_aiohttp_compresses_bodies_with_marks(clip):
    received = []

    async def receive(request):
        received.append((request.content_length, json.loads(await request.read())))
        return aiohttp.web.Response()

    async def run():
        app = aiohttp.web.Application(client_max_size=2**30)
        app.router.add_post("/v1", receive)
        middlewares = (niello.aiohttp.middleware(),)
        async with TestServer(app) as server, aiohttp.ClientSession(middlewares=middlewares) as session:
            marked = messages(niello.data_uri(clip))
            for options in {"compress": "deflate"}, {"chunked": True}:
                async with session.post(server.make_url("/v1"), json=marked, **options) as response:
                    assert response.status == 200

    asyncio.run(asyncio.wait_for(run(), 60))
    assert received == [(None, messages(documented_uri(clip)))] * 2


def test_every_client_can_send_a_content_coding(server, clip):
    marked = messages(niello.data_uri(clip))
    requests.post(server.url + "/v1", json=messages(documented_uri(clip))).raise_for_status()
    niello.requests.Session(encode="zstd").post(server.url + "/v1", json=marked).raise_for_status()

    async def run():
        middlewares = (niello.aiohttp.middleware(encode="zstd"),)
        async with aiohttp.ClientSession(middlewares=middlewares) as session:
            async with session.post(server.url + "/v1", json=marked) as response:
                assert response.status == 200

    asyncio.run(run())
    assert [request["encoding"] for request in server.same(3)] == [None, "zstd", "zstd"]


def test_a_form_with_a_mark_is_an_error_and_not_broken_base64(server, clip):
    form = {"video": niello.base64(clip)}
    for client in niello.requests.Session(), niello.httpx.Client(), niello.httpx2.Client():
        with pytest.raises(niello.InvalidError, match="send JSON"):
            client.post(server.url + "/v1", data=form)

    async def run():
        async with aiohttp.ClientSession(middlewares=(niello.aiohttp.middleware(),)) as session:
            with pytest.raises(niello.InvalidError, match="send JSON"):
                await session.post(server.url + "/v1", data=form)

    asyncio.run(run())
    assert server.requests() == []


def test_a_body_can_be_given_to_a_client_as_it_is(server, clip):
    value = messages(niello.data_uri(clip))
    niello.requests.Session().post(server.url + "/v1", data=niello.json(value)).raise_for_status()
    requests.post(server.url + "/v1", data=niello.json(value)).raise_for_status()
    for module in httpx, httpx2:
        module.post(server.url + "/v1", content=niello.json(value)).raise_for_status()
    server.same(4)


@pytest.mark.parametrize("module", [httpx, httpx2])
def test_media_comes_out_of_responses(server, module):
    image = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 1000
    with module.stream("GET", server.url + "/images") as response:
        extracted = niello.extract(response.iter_bytes())
    assert extracted.value["data"][0]["b64_json"].read() == image
    with requests.get(server.url + "/images", stream=True) as response:
        assert niello.extract(response.raw).media[0][1].read() == image
