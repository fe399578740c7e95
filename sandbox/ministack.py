"""ministack: the embedded AWS as a process on 127.0.0.1, its state in the sandbox's folder."""

import http.client
import os
import shutil
import ssl
import sys
import time
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
import botocore.session
from botocore.config import Config

from sandbox.context import Context
from sandbox.errors import SandboxError
from sandbox.places import Places
from sandbox.private_files import make_private
from sandbox.program import ACCOUNT_ID, REGION, SECRET, Program, aws_environment

_START_SECONDS = 60
PYTHON = Path(sys.prefix, "ministack", "bin", "python")
"""The Python of ministack's own environment, which `make setup` makes inside the project's."""


class Ministack(Context):
    """Runs while the context is open, and enforces policies.

    Leaving it saves the state, which ministack does only at a graceful end.
    """

    def __init__(self, places: Places, port: int, held: int) -> None:
        super().__init__()
        self.endpoint = f"https://127.0.0.1:{port}"
        self.port = port
        self._places = places
        environment = aws_environment(places, self.endpoint)
        # ministack gives the functions their credentials and endpoint.
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL"):
            del environment[name]
        environment |= {
            "GATEWAY_PORT": str(port),
            "BIND_HOST": "127.0.0.1",
            "MINISTACK_HOST": "127.0.0.1",
            "MINISTACK_ACCOUNT_ID": ACCOUNT_ID,
            "MINISTACK_REGION": REGION,
            "AUTH": "true",
            "USE_SSL": "1",
            "MINISTACK_SSL_CERT": str(places.certificate),
            "MINISTACK_SSL_KEY": str(places.certificate_key),
            "S3_PERSIST": "1",
            "S3_DATA_DIR": str(places.buckets),
            "PERSIST_STATE": "1",
            "STATE_DIR": str(places.state),
            "SFTP_ENABLED": "0",
            "IOT_MTLS_ENABLED": "0",
            # else it removes containers of the person
            "DOCKER_HOST": f"unix://{places.sandbox / 'no-docker'}",
        }
        self._program = Program(
            "ministack",
            [
                PYTHON,
                "-P",
                Path(__file__).with_name("ministack_server.py"),
                places.functions,
            ],
            environment=environment,
            folder=places.sandbox,
            log=places.logs / "ministack.log",
            held=held,
        )

    @property
    def log(self) -> Path:
        return self._program.log

    def _open(self, opening: ExitStack) -> None:
        if not PYTHON.exists():
            raise SandboxError(
                f"the environment of the embedded AWS, {PYTHON}, is missing; run: make setup"
            )
        self._tidy_up()
        for folder in (self._places.temporary, self._places.home, self._places.buckets):
            folder.mkdir(parents=True, exist_ok=True)
        make_private(self._places.state)
        opening.callback(self._tidy_up)
        opening.enter_context(self._program)
        self._await_ready()

    def _tidy_up(self) -> None:
        """Remove what each of the functions' environments leaves behind."""
        shutil.rmtree(self._places.temporary, ignore_errors=True)

    def client(self, service: str, account_id: str = ACCOUNT_ID) -> Any:
        """A boto3 client of the embedded AWS, as the root of an account; it reads nothing of the
        caller's environment or home folder.
        """
        return self._session.client(
            service,
            endpoint_url=self.endpoint,
            aws_access_key_id=account_id,
            aws_secret_access_key=SECRET,
            verify=str(self._places.certificate),
            config=Config(
                proxies={},
                read_timeout=120,
                max_pool_connections=16,
                s3={"addressing_style": "path"},
            ),
        )

    @cached_property
    def _session(self) -> boto3.Session:
        """One session for all clients: it reads the model of each service once."""
        return boto3.Session(botocore_session=_isolated_botocore_session(), region_name=REGION)

    def _await_ready(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while not self._is_ready():
            if self._program.has_ended:
                raise self._program.failure("the embedded AWS did not start")
            if time.monotonic() > deadline:
                raise self._program.failure(
                    f"the embedded AWS was not ready within {_START_SECONDS} seconds"
                )
            time.sleep(0.05)

    def _is_ready(self) -> bool:
        trust = ssl.create_default_context(cafile=self._places.certificate)
        # http.client, unlike urllib, uses no proxy.
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=5, context=trust)
        try:
            connection.request("GET", "/_ministack/ready")
            return connection.getresponse().status == http.HTTPStatus.OK
        except OSError:
            return False
        finally:
            connection.close()


def _isolated_botocore_session() -> Any:
    return botocore.session.Session(
        session_vars={
            "profile": (None, None, None, None),
            "config_file": (None, None, os.devnull, None),
            "credentials_file": (None, None, os.devnull, None),
        }
    )
