"""Streams media files as base64 inside the JSON requests of other clients.

Two lines of a program change: the client, and the media.

    from openai import OpenAI
    import niello, niello.httpx2

    client = OpenAI(http_client=niello.httpx2.Client())
    part = {"type": "video_url", "video_url": {"url": niello.data_uri("video.mp4")}}

`data_uri` returns a short placeholder string for the file: a mark. The client replaces it when it sends the request, so
the file is never in memory as a whole.

The clients are in the modules `niello.httpx2`, `niello.httpx`, `niello.requests` and `niello.aiohttp`, each of which needs
the library that it is named after. `json` creates a body from your own values, and `extract` takes media out of responses.
"""

from __future__ import annotations

from ._errors import (
    ChangedError,
    Error,
    InvalidError,
    IoError,
    JsonError,
    MimeTypeError,
    TooLargeError,
)
from ._extract import Extracted, aextract, extract
from ._json import inlay, json, json_lines
from ._marks import MarkedBytes, MarkedStr, base64, data_uri, raw
from ._niello import Body, Chunks, Media

__all__ = [
    "Body",
    "ChangedError",
    "Chunks",
    "Error",
    "Extracted",
    "InvalidError",
    "IoError",
    "JsonError",
    "MarkedBytes",
    "MarkedStr",
    "Media",
    "MimeTypeError",
    "TooLargeError",
    "aextract",
    "base64",
    "data_uri",
    "extract",
    "inlay",
    "json",
    "json_lines",
    "raw",
]
