"""The programs of the sandbox: ministack, the Invoicing emulator, the CDK CLI."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from sandbox.context import Context
from sandbox.errors import SandboxError
from sandbox.places import Places
from sandbox.tether import GRACE_SECONDS

ACCOUNT_ID = "888877776666"
SECRET = "test"
"""ministack's secret for every account's root, whose access key id is the account's number."""
REGION = "us-east-1"

# Variables that pip may need to reach an index. Only `cdk synth` gets them, which needs no AWS.
_INSTALLER_VARIABLES = (
    "HOME",
    "ALL_PROXY",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "REQUESTS_CA_BUNDLE",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_DIRS",
    "XDG_CONFIG_HOME",
)


def aws_environment(places: Places, endpoint: str) -> dict[str, str]:
    """The whole environment of a program that speaks to AWS.

    It is built from nothing: no profile, credential, endpoint or proxy of the person who runs this
    gets in, so no command can reach a real account.
    """
    path = [Path(sys.executable).parent, Path("/usr/local/bin"), Path("/usr/bin"), Path("/bin")]
    return {
        "PATH": os.pathsep.join(str(folder) for folder in path),
        "HOME": str(places.home),
        "TMPDIR": str(places.temporary),
        "LANG": "C.UTF-8",
        "AWS_ACCESS_KEY_ID": ACCOUNT_ID,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CA_BUNDLE": str(places.certificate),
        "NODE_EXTRA_CA_CERTS": str(places.certificate),
        "NO_PROXY": "127.0.0.1,localhost",
    }


def installer_variables(own: Mapping[str, str]) -> dict[str, str]:
    """Variables that pip needs to fetch the functions' dependencies at synth, from `own`."""
    return {
        name: value
        for name, value in own.items()
        if name.upper() in _INSTALLER_VARIABLES or name.startswith("PIP_")
    }


class Program(Context):
    """A running program, tied to this process (see sandbox.tether); a context manager stops it.

    Its output is appended to `log`. `held` is a descriptor that stays open until the program has
    ended.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        environment: Mapping[str, str],
        folder: Path,
        log: Path,
        held: int,
    ) -> None:
        super().__init__()
        self.name = name
        self.log = log
        self._command = [str(part) for part in command]
        self._environment = dict(environment)
        self._folder = folder
        self._held = held
        self._process: subprocess.Popen[bytes] | None = None

    def _open(self, opening: contextlib.ExitStack) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        tether = [sys.executable, "-P", str(Path(__file__).with_name("tether.py"))]
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                [*tether, *self._command],
                cwd=self._folder,
                env=self._environment,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=[self._held],
            )
        opening.callback(self._stop)

    def _stop(self) -> None:
        process = self._started
        if process.stdin:
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close()
        try:
            process.wait(GRACE_SECONDS + 10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    @property
    def has_ended(self) -> bool:
        return self._started.poll() is not None

    def wait(self, seconds: float | None = None) -> int | None:
        """The program's status once it has ended by itself; None if it goes on for these
        seconds.
        """
        try:
            return self._started.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def last_words(self, lines: int = 15) -> str:
        """The end of the log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def failure(self, what: str) -> SandboxError:
        """The error that names the fault and shows the end of the log."""
        return SandboxError(f"{what}; the end of {self.log}:\n{self.last_words()}")

    @property
    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise RuntimeError(f"{self.name} was not started")
        return self._process
