"""Media out of JSON."""

from __future__ import annotations

import json as _json
from collections.abc import AsyncIterable, Callable, Iterable
from typing import Any, Literal, NamedTuple, Protocol, TypeAlias

from ._marks import data_uri
from ._niello import Extractor, Media


class Reader(Protocol):
    """A binary file object."""

    def read(self, size: int, /) -> bytes: ...


Bytes: TypeAlias = bytes | bytearray | memoryview
Source: TypeAlias = Bytes | Reader | Iterable[Bytes]
Rule: TypeAlias = Callable[[tuple[str, ...]], Literal["media", "data_uri", "text"] | None]


class Extracted(NamedTuple):
    """JSON whose media was taken out: `value`, the JSON as Python objects, and `media`.

    In `value`, a `Media` is in the place of a string of base64, and a `MarkedStr`, whose attribute `media` is the `Media`, in
    the place of a data URI. `niello.json` writes both as they were.

    `media` lists the media in the order of the JSON, each with its JSON path, such as `$.data[0].b64_json`.
    """

    value: Any
    media: list[tuple[str, Media]]


def extract(
    source: Source,
    *,
    rule: Rule | None = None,
    max_text: int | None = None,
    max_media: int | None = None,
    max_media_bytes: int | None = None,
) -> Extracted:
    """Takes media out of JSON, such as a response.

    The source is bytes, a binary file object, or an iterable of bytes, such as `response.iter_bytes()` of httpx or
    `response.iter_content(None)` of requests. Base64 is decoded while it arrives. Media of more than 64 KiB is
    in an unlinked temporary file, not in memory; `save` writes it to a file.

    A string is media if it is a data URI with base64, or at a place where the APIs have media: `inlineData.data`,
    `b64_json`, `audio.data`, `file_data` and the like. All else remains as it is.

    `rule` is called for each string with the keys of the objects around it, the outermost first, such as
    `("data", "b64_json")`. It returns

    - `"media"`: the string is base64 or a data URI. One that is empty or begins with `https:`, `http:` or `gs:` remains
      as it is; any other is a `JsonError`.
    - `"data_uri"`: it is media if it is a data URI with base64.
    - `"text"`: it remains as it is.
    - `None`: the place decides, as without a rule.

    JSON that exceeds a limit is a `TooLargeError`. `max_text` limits the bytes of the JSON without its media (16 MiB by
    default), `max_media` the number of media (10,000 by default; each of more than 64 KiB is an open file), and
    `max_media_bytes` the length of all media together, in decoded bytes (unlimited by default).
    """
    extractor = Extractor(rule=rule, max_text=max_text, max_media=max_media, max_media_bytes=max_media_bytes)
    for data in _chunks(source):
        extractor.push(_bytes(data))
    return _extracted(extractor)


async def aextract(
    source: AsyncIterable[Bytes],
    *,
    rule: Rule | None = None,
    max_text: int | None = None,
    max_media: int | None = None,
    max_media_bytes: int | None = None,
) -> Extracted:
    """Takes media out of JSON that arrives asynchronously, as `extract` does.

    The source is an asynchronous iterable of bytes, such as `response.aiter_bytes()` of httpx or
    `response.content.iter_any()` of aiohttp. Its chunks are decoded on the event loop, each in far less time than it takes
    to arrive.
    """
    if not hasattr(source, "__aiter__"):
        raise TypeError(f"aextract takes an asynchronous iterable, not {type(source).__name__}; use niello.extract")
    extractor = Extractor(rule=rule, max_text=max_text, max_media=max_media, max_media_bytes=max_media_bytes)
    async for data in source:
        extractor.push(_bytes(data))
    return _extracted(extractor)


def _extracted(extractor: Extractor) -> Extracted:
    text, found = extractor.finish()
    by_mark = {mark: (media, is_data_uri) for mark, media, is_data_uri, _ in found}
    return Extracted(_restore(_json.loads(text), by_mark), [(path, media) for _, media, _, path in found])


def _chunks(source: Source) -> Iterable[Bytes]:
    if isinstance(source, (bytes, bytearray, memoryview)):
        return [source]
    if hasattr(source, "read"):
        return iter(lambda: source.read(1024 * 1024), b"")
    if hasattr(source, "__aiter__"):
        raise TypeError("the source is an asynchronous iterable; use await niello.aextract(source)")
    if hasattr(source, "__iter__"):
        return source
    raise _not_bytes(source)


def _bytes(data: Bytes) -> bytes:
    if isinstance(data, (bytes, bytearray, memoryview)):
        return bytes(data)
    raise _not_bytes(data)


def _not_bytes(value: object) -> TypeError:
    name = type(value).__name__
    return TypeError(f"cannot extract from {name}; pass bytes, a binary file object, or an iterable of bytes")


# The length of a mark.
_MARK = 60


def _restore(value: Any, found: dict[str, tuple[Media, bool]]) -> Any:
    """Puts media in the place of marks. Recurses as deep as `json.loads` did."""
    if isinstance(value, dict):
        return {key: _restore(item, found) for key, item in value.items()}
    if isinstance(value, list):
        return [_restore(item, found) for item in value]
    if isinstance(value, str) and len(value) >= _MARK:
        media, is_data_uri = found.get(value[-_MARK:], (None, False))
        if media is not None:
            return data_uri(media) if is_data_uri else media
    return value
