"""The program that serves ministack.

A TLS server that ends waits for every idle connection until its client says goodbye, by default for
half a minute, which is as long as sandbox.tether waits for a program: ministack, which saves its
state last, would be killed before.
"""

import asyncio.constants
import runpy

if __name__ == "__main__":
    asyncio.constants.SSL_SHUTDOWN_TIMEOUT = 0.5
    runpy.run_module("ministack", run_name="__main__", alter_sys=True)
