"""What all clients do when they send a request."""

from __future__ import annotations

from collections.abc import Mapping

from ._errors import InvalidError
from ._marks import MARKS
from ._niello import Body


def replace_marks(content: bytes, headers: Mapping[str, str], encode: str | None) -> tuple[Body, dict[str, str]] | None:
    """Returns the body to send instead of content with marks, and the headers to set. `None` if there are no marks."""
    body = MARKS.inlay(content)
    if body is None:
        return None
    if headers.get("Content-Type", "").lower().startswith("application/x-www-form-urlencoded"):
        # There, the plus signs of base64 would be spaces.
        raise InvalidError("a form contains a mark, but forms cannot contain base64 as it is; send JSON")
    changed = {}
    if encode is not None and "Content-Encoding" not in headers:
        body = body.encode(encode)
        changed["Content-Encoding"] = encode
    return body, changed | {"Content-Length": str(len(body))}
