"""A file named on the command line: a key, or latest-manifest records."""

import os
import stat
from pathlib import Path

_BLOCK = 1 << 20
_UNCHANGED_AND_AT_ONCE = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)


def read_given_file(path: Path, most: int) -> bytes:
    """Read at most `most` bytes without waiting for any. Links are followed, for the caller named
    the file. Raises ValueError with a sentence.
    """
    try:
        file = os.open(path, _UNCHANGED_AND_AT_ONCE)
    except (OSError, ValueError) as error:
        raise ValueError(f"{path} cannot be read: {_reason(error)}") from None
    try:
        status = os.fstat(file)
        if not stat.S_ISREG(status.st_mode):
            raise ValueError(f"{path} cannot be read: it is no file")
        content, size = bytearray(), status.st_size
        while size <= most and (block := os.read(file, min(_BLOCK, most + 1 - len(content)))):
            content += block
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {_reason(error)}") from None
    finally:
        os.close(file)
    if max(len(content), size) > most:
        raise ValueError(f"{path} cannot be read: it has more than {most} bytes")
    return bytes(content)


def _reason(error: OSError | ValueError) -> str:
    """Reason for an error; a path with a null byte, which no system has, gives only a text."""
    return ((error.strerror if isinstance(error, OSError) else None) or str(error)).lower()
