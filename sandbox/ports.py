"""The loopback ports of the embedded AWS.

Picked once and kept, because deployed functions know one of them.
"""

import json
import random
import socket
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from sandbox.errors import SandboxError

# Below the ranges from which Linux and macOS take the ports of outgoing connections.
_CANDIDATES = range(20000, 30000)


@dataclass(frozen=True)
class Ports:
    """Ports of 127.0.0.1."""

    ministack: int
    invoicing: int


def kept_ports(path: Path) -> Ports:
    """The ports of the file; a missing or unreadable file is written with two free ones."""
    with suppress(OSError, ValueError, TypeError, KeyError):
        kept = json.loads(path.read_bytes())
        ports = Ports(int(kept["ministack"]), int(kept["invoicing"]))
        if ports.ministack != ports.invoicing and all(
            0 < port < 65536 for port in asdict(ports).values()
        ):
            return ports
    first, second = _free_ports(2)
    ports = Ports(first, second)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(asdict(ports), indent=2) + "\n")
    return ports


def require_free(ports: Ports, shown_path: str) -> None:
    """Raises SandboxError if another program listens on one of the ports."""
    busy = [f"{port} ({name})" for name, port in asdict(ports).items() if not _is_free(port)]
    if busy:
        raise SandboxError(
            f"another program uses port {' and '.join(busy)} of 127.0.0.1, which {shown_path} "
            f"keeps for the embedded AWS; stop that program, or remove {shown_path} to have other "
            "ports picked (the archive stays)"
        )


def _free_ports(count: int) -> list[int]:
    order = random.sample(_CANDIDATES, len(_CANDIDATES))
    found = [port for port, _ in zip((p for p in order if _is_free(p)), range(count), strict=False)]
    if len(found) < count:
        raise SandboxError(
            f"no free port on 127.0.0.1 between {_CANDIDATES[0]} and {_CANDIDATES[-1]}"
        )
    return found


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do: a lingering connection of the last run does not block the port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
