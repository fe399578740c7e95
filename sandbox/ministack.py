"""ministack: the embedded AWS as a process on 127.0.0.1, its state in the sandbox's folder."""

import http.client
import os
import shutil
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import boto3
import botocore.session
from botocore.config import Config

from sandbox.places import Places
from sandbox.program import ACCOUNT_ID, REGION, Program, aws_environment

_START_SECONDS = 60


class Ministack:
    """Runs while the context is open.

    Leaving it saves the state, which ministack does only at a graceful end.
    """

    def __init__(self, places: Places, port: int, held: int) -> None:
        self.endpoint = f"http://127.0.0.1:{port}"
        self.port = port
        self._places = places
        environment = aws_environment(places.home, places.temporary, self.endpoint)
        # Credentials and endpoint of the functions are ministack's to give.
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL"):
            del environment[name]
        environment |= {
            "GATEWAY_PORT": str(port),
            "BIND_HOST": "127.0.0.1",
            "MINISTACK_HOST": "127.0.0.1",
            "MINISTACK_ACCOUNT_ID": ACCOUNT_ID,
            "MINISTACK_REGION": REGION,
            "S3_PERSIST": "1",
            "S3_DATA_DIR": str(places.buckets),
            "PERSIST_STATE": "1",
            "STATE_DIR": str(places.state),
            "SFTP_ENABLED": "0",
            "IOT_MTLS_ENABLED": "0",
            # else it tidies up among the person's containers
            "DOCKER_HOST": f"unix://{places.sandbox / 'no-docker'}",
        }
        self._program = Program(
            "ministack",
            [sys.executable, "-m", "ministack"],
            environment=environment,
            folder=places.sandbox,
            log=places.logs / "ministack.log",
            held=held,
        )

    @property
    def log(self) -> Path:
        return self._program.log

    def __enter__(self) -> Self:
        self._tidy_up()
        for folder in (
            self._places.temporary,
            self._places.home,
            self._places.state,
            self._places.buckets,
        ):
            folder.mkdir(parents=True, exist_ok=True)
        self._program.__enter__()
        try:
            self._await_ready()
        except BaseException as error:
            self.__exit__(type(error), error, None)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._program.__exit__(kind, error, trace)
        self._tidy_up()

    def _tidy_up(self) -> None:
        """Remove the unpacked zip that each of the functions' environments leaves behind."""
        shutil.rmtree(self._places.temporary, ignore_errors=True)

    def client(self, service: str) -> Any:
        """A boto3 client of the embedded AWS that reads nothing of the caller's environment or home
        folder.
        """
        session = boto3.Session(
            botocore_session=_isolated_botocore_session(),
            aws_access_key_id=ACCOUNT_ID,
            aws_secret_access_key="sandbox",
            region_name=REGION,
        )
        return session.client(
            service,
            endpoint_url=self.endpoint,
            config=Config(
                proxies={},
                read_timeout=120,
                max_pool_connections=16,
                s3={"addressing_style": "path"},
            ),
        )

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
        # http.client, unlike urllib, asks no proxy.
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
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
