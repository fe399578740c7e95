"""The program that serves ministack.

A TLS server that ends waits for every idle connection until its client says goodbye, by default for
half a minute, which is as long as sandbox.tether waits for a program: ministack, which saves its
state last, would be killed before.

Its state holds private keys, and it makes every file with the mode that it is given: so whatever it
makes is its owner's alone.
"""

import asyncio.constants
import os
import runpy

if __name__ == "__main__":
    os.umask(0o077)
    asyncio.constants.SSL_SHUTDOWN_TIMEOUT = 0.5
    runpy.run_module("ministack", run_name="__main__", alter_sys=True)
