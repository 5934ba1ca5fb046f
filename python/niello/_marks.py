"""Marks: placeholder strings and bytes for media, for JSON that another library writes."""

from __future__ import annotations

import os
from typing import IO, Any, Never, Self, TypeAlias, TypeVar

from ._niello import Marks, Media, Scope

Source: TypeAlias = str | os.PathLike[str] | bytes | bytearray | memoryview | IO[bytes] | Media

# A mark of another process is not replaced, so one set is enough.
MARKS = Marks()


class _Marked:
    """Holds media open while the mark exists.

    The copies that clients make with `copy.deepcopy` are the same object.
    """

    media: Media
    _scope: Scope

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    def __reduce__(self) -> Never:
        raise TypeError(
            "a mark of niello cannot be pickled, because its file is open in this process; "
            "pass the path instead"
        )


class MarkedStr(_Marked, str):
    """A placeholder string for media, which is its attribute `media`. `data_uri` and `base64` create it.

    The mark is forgotten when the object is deleted. A string that is made from it, as by an f-string, does not keep it:
    sending that string later is an `InvalidError`.
    """

    __module__ = "niello"


class MarkedBytes(_Marked, bytes):
    """Placeholder bytes for media, which is their attribute `media`. `raw` creates them, for clients that encode bytes as
    base64 themselves.

    The mark is forgotten when the object is deleted.
    """

    __module__ = "niello"


def open_media(source: Source, mime: str | None = None) -> Media:
    """Returns the media of a path, bytes, a file object, or a mark, or media itself."""
    if isinstance(source, _Marked):
        # Its characters or bytes are neither a path nor media.
        source = source.media
    if isinstance(source, Media):
        if mime is not None:
            raise TypeError("the MIME type of media is fixed; pass mime when you open it")
        return source
    if isinstance(source, (str, os.PathLike)):
        return Media.open(source, mime=mime)
    if isinstance(source, (bytes, bytearray, memoryview)):
        return Media.from_bytes(source, mime=mime)
    if not hasattr(source, "read"):
        raise TypeError(f"cannot open {type(source).__name__}; pass a path, bytes, a binary file object, or niello.Media")
    return Media.from_file(source, mime=mime)


def base64(source: Source, *, mime: str | None = None) -> MarkedStr:
    """Returns a placeholder string for the base64 of a file or of other media."""
    scope, media = MARKS.scope(), open_media(source, mime)
    return _hold(MarkedStr(scope.base64(media)), scope, media)


def data_uri(source: Source, *, mime: str | None = None) -> MarkedStr:
    """Returns a placeholder string for the data URI of a file or of other media: `data:<mime>;base64,` and a mark."""
    scope, media = MARKS.scope(), open_media(source, mime)
    return _hold(MarkedStr(scope.data_uri(media)), scope, media)


def raw(source: Source, *, mime: str | None = None) -> MarkedBytes:
    """Returns placeholder bytes for media, for clients that encode bytes as base64 themselves, such as google-genai."""
    scope, media = MARKS.scope(), open_media(source, mime)
    return _hold(MarkedBytes(scope.raw(media)), scope, media)


_T = TypeVar("_T", bound=_Marked)


def _hold(marked: _T, scope: Scope, media: Media) -> _T:
    marked._scope, marked.media = scope, media
    return marked
