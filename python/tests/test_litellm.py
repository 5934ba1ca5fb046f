"""litellm sends what it sends by itself."""

import asyncio
import os

import pytest

import niello
import niello.httpx
from conftest import documented_uri, messages

# Otherwise it downloads a list of models.
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
litellm = pytest.importorskip("litellm")
openai = pytest.importorskip("openai")
http_handler = pytest.importorskip("litellm.llms.custom_httpx.http_handler")


def openai_clients(server):
    """The module of niello for the HTTP client of the installed openai, and the options of a client."""
    import niello.httpx2

    module = niello.httpx2 if int(openai.__version__.split(".")[0]) >= 3 else niello.httpx
    return module, {"api_key": "key", "base_url": server.url + "/v1"}


def options(server, provider, path):
    return {"model": f"{provider}/m", "api_key": "key", "api_base": server.url + path}


def test_its_openai_client_can_be_adapted(server, clip):
    module, arguments = openai_clients(server)
    client = openai.OpenAI(http_client=module.Client(), **arguments)
    litellm.completion(**options(server, "openai", "/v1"), messages=messages(documented_uri(clip)))
    litellm.completion(model="openai/m", messages=messages(niello.data_uri(clip)), client=client)
    server.same(2)


def test_its_databricks_client_can_be_adapted(server, clip):
    databricks = options(server, "databricks", "/serving-endpoints")
    client = http_handler.HTTPHandler(client=niello.httpx.Client())
    litellm.completion(**databricks, messages=messages(documented_uri(clip)))
    litellm.completion(**databricks, messages=messages(niello.data_uri(clip)), client=client)
    server.same(2)


def test_its_asynchronous_openai_client_can_be_adapted(server, clip):
    module, arguments = openai_clients(server)

    async def run():
        await litellm.acompletion(**options(server, "openai", "/v1"), messages=messages(documented_uri(clip)))
        async with openai.AsyncOpenAI(http_client=module.AsyncClient(), **arguments) as client:
            marked = {"model": "openai/m", "messages": messages(niello.data_uri(clip)), "client": client}
            response = await litellm.acompletion(**marked)
            assert response.choices[0].message.content == "A cat."
            events = [event async for event in await litellm.acompletion(**marked, stream=True)]
            assert "".join(event.choices[0].delta.content or "" for event in events) == "A cat." * 2

    asyncio.run(run())
    requests = server.requests()
    assert len(requests) == 3 and len({request["sha256"] for request in requests[:2]}) == 1


def test_its_asynchronous_databricks_client_can_be_adapted(server, clip):
    databricks = options(server, "databricks", "/serving-endpoints")

    async def run():
        await litellm.acompletion(**databricks, messages=messages(documented_uri(clip)))
        client = http_handler.AsyncHTTPHandler(transport=niello.httpx.AsyncTransport())
        response = await litellm.acompletion(**databricks, messages=messages(niello.data_uri(clip)), client=client)
        assert response.choices[0].message.content == "A cat."

    asyncio.run(run())
    server.same(2)
