"""A session of requests that replaces marks by media when it sends a request.

    import niello, niello.requests

    session = niello.requests.Session()
    session.post(url, json={"video": niello.data_uri("video.mp4")})
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import requests as _requests
from requests.adapters import HTTPAdapter as _HTTPAdapter

from ._niello import Body as _Body
from ._send import replace_marks as _replace_marks

__all__ = ["Adapter", "Session"]


class _Chunks:
    """Only an iterable. urllib3 would read 16 KiB of a file at a time."""

    def __init__(self, body: _Body) -> None:
        self._body = body

    def __iter__(self) -> Iterator[bytes]:
        return self._body.chunks()

    def __len__(self) -> int:
        return len(self._body)


class Adapter(_HTTPAdapter):
    """An adapter for a session that you cannot replace: `session.mount("https://", niello.requests.Adapter())`.

    `encode="zstd"` sends bodies with marks with that content coding, to servers that decode it.
    """

    __attrs__ = [*_HTTPAdapter.__attrs__, "_encode"]

    def __init__(self, *args: Any, encode: str | None = None, **kwargs: Any) -> None:
        self._encode = encode
        super().__init__(*args, **kwargs)

    def send(self, request: _requests.PreparedRequest, *args: Any, **kwargs: Any) -> _requests.Response:
        content = request.body
        if isinstance(content, str):
            content = content.encode()
        elif isinstance(content, bytearray):
            content = bytes(content)
        replaced = _replace_marks(content, request.headers, self._encode) if isinstance(content, bytes) else None
        if replaced is not None:
            body, changed = replaced
            # The session keeps the request with the marks, which a redirect sends again.
            request = request.copy()
            request.headers.update(changed)
            request.body = _Chunks(body)  # type: ignore[assignment]
        return super().send(request, *args, **kwargs)


class Session(_requests.Session):
    """A session whose requests to any server replace marks by media."""

    def __init__(self, *, encode: str | None = None) -> None:
        super().__init__()
        for scheme in ("https://", "http://"):
            self.mount(scheme, Adapter(encode=encode))
