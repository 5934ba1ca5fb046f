"""Bodies of JSON."""

from __future__ import annotations

import json as _json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from ._marks import MARKS, MarkedBytes, base64
from ._niello import Body, Media
from ._niello import json_lines as join


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
    # A lone surrogate, as in text that a server has cut, becomes an escape.
    body = MARKS.body(text.encode(errors="backslashreplace"))
    return body if encode is None else body.encode(encode)


def json_lines(
    values: Iterable[Any], *, default: Callable[[Any], Any] | None = None, encode: str | None = None
) -> Body:
    """Creates a body of JSON Lines, such as batch APIs read: each value as `json` writes it, and a line feed.

    The body has an exact length, and streams the media of all lines. `values` are written one by one, and the text of all
    lines is in memory. Open media with `Media.open(path, keep_open=False)` if there are more files than the process may
    have open, which is usually 1,024.

    An exception has a note with the number of the line.
    """

    if isinstance(values, (str, bytes, Mapping)):
        # Its characters or keys would be lines.
        raise TypeError(f"json_lines takes an iterable of values, not {type(values).__name__}; use niello.json for one value")

    def bodies() -> Iterator[Body]:
        for number, value in enumerate(values, 1):
            try:
                yield json(value, default=default)
            except Exception as error:
                error.add_note(f"line {number}")
                raise

    body = join(bodies())
    return body if encode is None else body.encode(encode)


def inlay(json: bytes) -> Body | None:
    """Creates a body from JSON that a client has written, with media in the place of marks.

    Returns `None` if the JSON contains no mark. Use it to adapt a client for which niello has no module.
    """
    return MARKS.inlay(json)
