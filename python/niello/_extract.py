"""Media out of JSON."""

from __future__ import annotations

import json as _json
from collections.abc import Iterable
from typing import Any, NamedTuple, Protocol, TypeAlias

from ._marks import data_uri
from ._niello import Extractor, Media


class Reader(Protocol):
    """A binary file object."""

    def read(self, size: int, /) -> bytes: ...


Source: TypeAlias = bytes | bytearray | memoryview | Reader | Iterable[bytes]


class Extracted(NamedTuple):
    """JSON whose media was taken out."""

    value: Any
    """The JSON as Python objects.

    `Media` is in the place of a string of base64, and a `MarkedStr`, with the attribute `media`, in the place of a data
    URI. `niello.json` writes both as they were.
    """

    media: list[tuple[str, Media]]
    """The media in the order of the JSON, each with its JSON path, such as `$.data[0].b64_json`."""


def extract(source: Source, *, max_media_bytes: int | None = None) -> Extracted:
    """Takes media out of JSON, such as a response.

    The source is bytes, a binary file object, or an iterable of bytes, such as `response.iter_bytes()` of httpx or
    `response.iter_content(None)` of requests. Base64 is decoded while it arrives. Media of more than 64 KiB is
    in an unlinked temporary file, not in memory; `save` writes it to a file.

    A string is media if it is a data URI with base64, or at a place where the APIs have media: `inlineData.data`,
    `b64_json`, `audio.data`, `file_data` and the like. All else remains as it is.

    `max_media_bytes` limits the length of all media together, in decoded bytes.
    """
    extractor = Extractor(max_media_bytes=max_media_bytes)
    for data in _chunks(source):
        extractor.push(data)
    text, found = extractor.finish()
    by_mark = {mark: (media, is_data_uri) for mark, media, is_data_uri, _ in found}
    return Extracted(_restore(_json.loads(text), by_mark), [(path, media) for _, media, _, path in found])


def _chunks(source: Source) -> Iterable[bytes]:
    if isinstance(source, str):
        raise TypeError("cannot extract from a string; pass bytes")
    if isinstance(source, (bytes, bytearray, memoryview)):
        return [bytes(source)]
    if hasattr(source, "read"):
        return iter(lambda: source.read(1024 * 1024), b"")
    return source


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
