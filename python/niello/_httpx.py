"""Clients and transports for a module with the interface of httpx."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import anyio.to_thread

from ._send import replace_marks


def adapt(httpx: ModuleType) -> Any:
    """Returns `Client`, `AsyncClient`, `Transport` and `AsyncTransport` for a module."""

    class Stream(httpx.SyncByteStream, httpx.AsyncByteStream):  # type: ignore[name-defined, misc]
        """Starts at the beginning each time, so a redirect or a retry can send it again."""

        def __init__(self, body: Any) -> None:
            self.body = body

        def __iter__(self) -> Any:
            return self.body.chunks()

        async def __aiter__(self) -> Any:
            # In a thread, because reading may wait for the disk.
            chunks = self.body.chunks()
            while (chunk := await anyio.to_thread.run_sync(next, chunks, None)) is not None:
                yield chunk

    def stream(request: Any, encode: str | None) -> Any:
        """Returns the request with a stream in the place of content with marks."""
        try:
            content = request.content
        except httpx.RequestNotRead:
            if not isinstance(request.stream, httpx.ByteStream):
                return request  # It is a stream already.
            # A redirect has only the stream of the first request, even if its content is in memory.
            content = request.read()
        replaced = replace_marks(content, request.headers, encode)
        if replaced is None:
            return request
        body, changed = replaced
        headers = request.headers.copy()
        headers.update(changed)
        return httpx.Request(
            request.method, request.url, headers=headers, stream=Stream(body), extensions=request.extensions
        )

    class Client(httpx.Client):  # type: ignore[name-defined, misc]
        """A client that replaces marks by media when it sends a request."""

        def __init__(self, *, encode: str | None = None, follow_redirects: bool = True, **kwargs: Any) -> None:
            super().__init__(follow_redirects=follow_redirects, **kwargs)
            self._niello_encode = encode

        def send(self, request: Any, **kwargs: Any) -> Any:
            return super().send(stream(request, self._niello_encode), **kwargs)

    class AsyncClient(httpx.AsyncClient):  # type: ignore[name-defined, misc]
        """An asynchronous client that replaces marks by media when it sends a request."""

        def __init__(self, *, encode: str | None = None, follow_redirects: bool = True, **kwargs: Any) -> None:
            super().__init__(follow_redirects=follow_redirects, **kwargs)
            self._niello_encode = encode

        async def send(self, request: Any, **kwargs: Any) -> Any:
            return await super().send(stream(request, self._niello_encode), **kwargs)

    class Transport(httpx.BaseTransport):  # type: ignore[name-defined, misc]
        """Replaces marks by media before another transport sends a request."""

        def __init__(self, transport: Any = None, *, encode: str | None = None) -> None:
            self._inner = httpx.HTTPTransport() if transport is None else transport
            self._encode = encode

        def handle_request(self, request: Any) -> Any:
            return self._inner.handle_request(stream(request, self._encode))

        def close(self) -> None:
            self._inner.close()

    class AsyncTransport(httpx.AsyncBaseTransport):  # type: ignore[name-defined, misc]
        """Replaces marks by media before another asynchronous transport sends a request."""

        def __init__(self, transport: Any = None, *, encode: str | None = None) -> None:
            self._inner = httpx.AsyncHTTPTransport() if transport is None else transport
            self._encode = encode

        async def handle_async_request(self, request: Any) -> Any:
            return await self._inner.handle_async_request(stream(request, self._encode))

        async def aclose(self) -> None:
            await self._inner.aclose()

    classes = Client, AsyncClient, Transport, AsyncTransport
    for class_ in classes:
        class_.__module__ = f"niello.{httpx.__name__}"
        class_.__qualname__ = class_.__name__
    return classes
