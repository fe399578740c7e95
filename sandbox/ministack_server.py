"""The program that serves ministack.

At its end a TLS server waits for each idle connection until the client says goodbye, by default for
half a minute. sandbox.tether waits no longer for a program, so it would kill ministack before that
saves its state.

The state holds private keys, and ministack sets no file modes of its own: this program makes every
file its owner's alone.
"""

import asyncio.constants
import os
import runpy

if __name__ == "__main__":
    os.umask(0o077)
    asyncio.constants.SSL_SHUTDOWN_TIMEOUT = 0.5
    runpy.run_module("ministack", run_name="__main__", alter_sys=True)
