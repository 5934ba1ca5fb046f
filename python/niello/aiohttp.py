"""A middleware of aiohttp's client that replaces marks by media when a request is sent.

    import aiohttp, niello, niello.aiohttp

    async with aiohttp.ClientSession(middlewares=(niello.aiohttp.middleware(),)) as session:
        await session.post(url, json={"video": niello.data_uri("video.mp4")})
"""

from __future__ import annotations

import asyncio as _asyncio
from typing import Never

from aiohttp import ClientHandlerType as _Handler, ClientMiddlewareType as _Middleware
from aiohttp import ClientRequest as _Request, ClientResponse as _Response, payload as _payload
from aiohttp.abc import AbstractStreamWriter as _Writer

from ._niello import Body as _Body
from ._send import replace_marks as _replace_marks

__all__ = ["middleware"]


class _Payload(_payload.Payload):
    """Starts at the beginning each time it is written."""

    def __init__(self, body: _Body, content_type: str) -> None:
        super().__init__(body, content_type=content_type)
        self._size = len(body)

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> Never:
        raise TypeError("a body of niello is not held in memory, so it cannot be decoded")

    async def write(self, writer: _Writer) -> None:
        # In a thread, because reading may wait for the disk.
        chunks = self._value.chunks()
        while (chunk := await _asyncio.to_thread(next, chunks, None)) is not None:
            await writer.write(chunk)

    async def write_with_length(self, writer: _Writer, content_length: int | None) -> None:
        # The length of the request is that of the body.
        await self.write(writer)


def middleware(*, encode: str | None = None) -> _Middleware:
    """Returns a middleware for `aiohttp.ClientSession`.

    `encode="zstd"` sends bodies with marks with that content coding, to servers that decode it.
    """

    async def send(request: _Request, handler: _Handler) -> _Response:
        if isinstance(request.body, _payload.BytesPayload):
            content = await request.body.as_bytes()
            replaced = _replace_marks(content, request.headers, encode)
            if replaced is not None:
                body, changed = replaced
                if request.chunked:
                    # With `compress`, aiohttp encodes the body while it writes, so the length is unknown.
                    del changed["Content-Length"]
                content_type = request.headers.get("Content-Type", "application/json")
                await request.update_body(_Payload(body, content_type))
                request.headers.update(changed)
        return await handler(request)

    return send
