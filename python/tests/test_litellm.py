"""litellm sends what it sends by itself."""

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


def test_its_openai_client_can_be_adapted(server, clip):
    import niello.httpx2

    module = niello.httpx2 if int(openai.__version__.split(".")[0]) >= 3 else niello.httpx
    client = openai.OpenAI(api_key="key", base_url=server.url + "/v1", http_client=module.Client())
    litellm.completion(
        model="openai/m", api_key="key", api_base=server.url + "/v1", messages=messages(documented_uri(clip))
    )
    litellm.completion(model="openai/m", messages=messages(niello.data_uri(clip)), client=client)
    server.same(2)


def test_its_databricks_client_can_be_adapted(server, clip):
    options = {"model": "databricks/m", "api_key": "key", "api_base": server.url + "/serving-endpoints"}
    litellm.completion(**options, messages=messages(documented_uri(clip)))
    client = http_handler.HTTPHandler(client=niello.httpx.Client())
    litellm.completion(**options, messages=messages(niello.data_uri(clip)), client=client)
    server.same(2)
