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

from ._json import inlay as _inlay
from ._niello import Body as _Body

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
        body = _inlay(content) if isinstance(content, bytes) else None
        if body is None:
            return super().send(request, *args, **kwargs)
        # The session keeps the request with the marks, which a redirect sends again.
        request = request.copy()
        if self._encode is not None and "Content-Encoding" not in request.headers:
            body = body.encode(self._encode)
            request.headers["Content-Encoding"] = self._encode
        request.headers["Content-Length"] = str(len(body))
        request.body = _Chunks(body)  # type: ignore[assignment]
        return super().send(request, *args, **kwargs)


class Session(_requests.Session):
    """A session whose requests to any server replace marks by media."""

    def __init__(self, *, encode: str | None = None) -> None:
        super().__init__()
        for scheme in ("https://", "http://"):
            self.mount(scheme, Adapter(encode=encode))
