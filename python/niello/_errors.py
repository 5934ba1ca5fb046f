"""Exceptions. Each is also an exception of Python with the same meaning."""

from __future__ import annotations

import errno as _errno


class Error(Exception):
    """The base class of the exceptions of niello.

    The message says what failed, on what, why, and what to do. It contains no media.
    """

    kind: str = "other"
    """The kind of the error in the Rust library, such as `"changed"`."""

    __module__ = "niello"


class IoError(Error, OSError):
    """The operating system reported an error. A missing file is also a `FileNotFoundError`."""

    kind = "io"
    __module__ = "niello"


class ChangedError(Error, OSError):
    """A file was truncated, grown or rewritten after it was opened. Open it again."""

    kind = "changed"
    __module__ = "niello"


class MimeTypeError(Error, ValueError):
    """A MIME type cannot be detected, or is not of the form `type/subtype`. Pass `mime`."""

    kind = "mime_type"
    __module__ = "niello"


class JsonError(Error, ValueError):
    """JSON is not valid, or a string in the place of media is not base64."""

    kind = "json"
    __module__ = "niello"


class InvalidError(Error, ValueError):
    """A mark was forgotten or changed, or an argument is not valid."""

    kind = "invalid"
    __module__ = "niello"


class TooLargeError(Error, ValueError):
    """A body or media exceeds a limit."""

    kind = "too_large"
    __module__ = "niello"


def _io_error(kind: str, also: type[OSError]) -> type[Error]:
    """Returns an `IoError` that is also another exception of Python."""

    def reduce(self: Error) -> tuple[object, ...]:
        # Pickle finds only classes that the package exports.
        return create, (kind, str(self))

    members = {"__module__": "niello", "__doc__": IoError.__doc__, "__reduce__": reduce}
    return type("IoError", (IoError, also), members)


_CLASSES: dict[str, tuple[type[Error], int | None]] = {
    "io": (IoError, None),
    "not_found": (_io_error("not_found", FileNotFoundError), _errno.ENOENT),
    "permission_denied": (_io_error("permission_denied", PermissionError), _errno.EACCES),
    "is_a_directory": (_io_error("is_a_directory", IsADirectoryError), _errno.EISDIR),
    "changed": (ChangedError, None),
    "mime_type": (MimeTypeError, None),
    "json": (JsonError, None),
    "invalid": (InvalidError, None),
    "too_large": (TooLargeError, None),
}


def create(kind: str, message: str) -> Error:
    """Creates an exception. The extension module calls this."""
    class_, number = _CLASSES.get(kind, (Error, None))
    error = class_(message)
    if number is not None and isinstance(error, OSError):
        # Given to the constructor, it would become a part of the message.
        error.errno = number
    return error
