"""Clients of httpx that replace marks by media when they send a request.

`Client` and `AsyncClient` are clients of httpx, which follow redirects unless you pass `follow_redirects=False`.
`Transport` and `AsyncTransport` wrap a transport, for a client that you cannot replace. httpx ignores the proxies of the
environment if a client has a transport.

`encode="zstd"` sends bodies with marks with that content coding, to servers that decode it.
"""

from __future__ import annotations

import httpx as _module

from ._httpx import adapt as _adapt

__all__ = ["AsyncClient", "AsyncTransport", "Client", "Transport"]

Client, AsyncClient, Transport, AsyncTransport = _adapt(_module)
