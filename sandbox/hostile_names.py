"""HOSTILE=1: the made-up organization under hostile names."""

from pathlib import Path

from sandbox.errors import SandboxError
from sandbox.organization import HOSTILE_PAYERS, register_csv

_ANSWERS = {"": False, "0": False, "1": True}


def is_hostile(hostile: str, payers: str) -> bool:
    """Read HOSTILE, beside PAYERS as the person gave it. Raises SandboxError."""
    if hostile not in _ANSWERS:
        raise SandboxError(f"HOSTILE={hostile} is neither 1 nor 0")
    if _ANSWERS[hostile] and payers:
        raise SandboxError(
            f"HOSTILE=1 has a payer register of its own, so PAYERS={payers} would not be read; "
            "leave one of the two out"
        )
    return _ANSWERS[hostile]


def write_register(folder: Path) -> Path:
    """Write the register with the hostile names into the folder."""
    path = folder / "hostile-payers.csv"
    folder.mkdir(parents=True, exist_ok=True)
    path.write_bytes(register_csv(HOSTILE_PAYERS))
    return path
