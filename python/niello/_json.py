"""Bodies of JSON."""

from __future__ import annotations

import json as _json
from collections.abc import Callable
from typing import Any

from ._marks import MARKS, MarkedBytes, base64
from ._niello import Body, Media


def json(value: Any, *, default: Callable[[Any], Any] | None = None, encode: str | None = None) -> Body:
    """Creates the body for a value with media in it.

    `Media` becomes a string of base64, and `niello.data_uri(media)` a data URI. All else is written as `json.dumps` does,
    without spaces and without escapes for characters outside ASCII; `default` is passed on to it.

    `encode="zstd"` makes the body as long as its media. Send it with the header `Content-Encoding: zstd`, to servers that
    decode it.
    """
    # They keep their marks until the body holds the media.
    marks = []

    def replace(value: Any) -> Any:
        if isinstance(value, Media):
            marks.append(base64(value))
            return marks[-1]
        if isinstance(value, MarkedBytes):
            return replace(value.media)
        if default is not None:
            return default(value)
        raise TypeError(f"an object of type {type(value).__name__} cannot be written as JSON; pass default to convert it")

    text = _json.dumps(value, default=replace, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    body = MARKS.body(text.encode())
    return body if encode is None else body.encode(encode)


def inlay(json: bytes) -> Body | None:
    """Creates a body from JSON that a client has written, with media in the place of marks.

    Returns `None` if the JSON contains no mark. Use it to adapt a client for which niello has no module.
    """
    return MARKS.inlay(json)
