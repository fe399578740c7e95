"""The program that serves ministack: `ministack_server.py [FOLDER]`.

At its end a TLS server waits for each idle connection until the client says goodbye, by default for
half a minute. sandbox.tether waits no longer for a program, so it would kill ministack before that
saves its state.

The state holds private keys, and ministack sets no file modes of its own: this program makes every
file its owner's alone.

ministack unpacks the zip anew for each process of a function, and Python compiles it anew. Here all
processes, and those of later starts, share the unpacked and compiled zip in FOLDER.

ministack forgets the retention of each version at its end. Here it saves that too.
"""

import asyncio.constants
import compileall
import hashlib
import os
import py_compile
import runpy
import sys
import tempfile
import threading
import types
import zipfile
from importlib import import_module
from pathlib import Path
from typing import Any

_UNPACKING = threading.Lock()


def unpacked(archive: str, folder: Path) -> Path:
    """The content of a zip in a folder named after it, with bytecode."""
    sha256 = hashlib.sha256(Path(archive).read_bytes()).hexdigest()
    shared = folder / f"{sha256[:32]}-{sys.implementation.cache_tag}"
    with _UNPACKING:
        if not shared.is_dir():
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix="unfinished-", dir=folder) as unfinished:
                whole = Path(unfinished, "whole")
                with zipfile.ZipFile(archive) as content:
                    content.extractall(whole)
                # Compiled by content: nothing looks at the sources again, which no one changes.
                checked = py_compile.PycInvalidationMode.UNCHECKED_HASH
                compileall.compile_dir(whole, quiet=2, invalidation_mode=checked)
                whole.rename(shared)
    return shared


def share_code(folder: Path) -> None:
    """Give ministack's processes of functions a link to the shared folder of their zip."""
    lambda_runtime: Any = import_module("ministack.core.lambda_runtime")

    class SharedZip(zipfile.ZipFile):
        def extractall(self, path: Any = None, *_: Any, **__: Any) -> None:
            os.rmdir(path)
            os.symlink(unpacked(str(self.filename), folder), path)

    lambda_runtime.zipfile = types.SimpleNamespace(**{**vars(zipfile), "ZipFile": SharedZip})


def keep_locks() -> None:
    """Have the retention of each version saved with the rest of the state."""
    s3 = import_module("ministack.services.s3")
    s3._PERSISTED_BUCKET_DICTS["object_retention"] = s3._object_retention


if __name__ == "__main__":
    os.umask(0o077)
    asyncio.constants.SSL_SHUTDOWN_TIMEOUT = 0.1
    if len(sys.argv) > 1:
        share_code(Path(sys.argv.pop(1)))
        keep_locks()
    runpy.run_module("ministack", run_name="__main__", alter_sys=True)
