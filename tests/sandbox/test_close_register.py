"""Which payer accounts `make close` plays, and that it says whom it leaves out."""

from pathlib import Path
from typing import Any, NoReturn

import pytest

from sandbox import close
from sandbox.errors import SandboxError

DAILY = "693174820559"
REGISTER = close.PROJECT / "payers.csv"


@pytest.fixture
def registers(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The registers that embedded AWSs are started with; none of them starts."""
    started: list[Path] = []

    def start(*_: Any, payers_file: str, **__: Any) -> NoReturn:
        started.append(close.PROJECT / payers_file)
        raise SandboxError("not here")

    monkeypatch.setattr(close, "Sandbox", start)
    return started


def test_the_payer_account_that_is_billed_daily_is_left_out_and_named(
    registers: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    close.main(["--folder", str(tmp_path)])
    lines = REGISTER.read_bytes().splitlines(keepends=True)
    others = [line for line in lines if DAILY.encode() not in line]
    assert len(others) == len(lines) - 1
    assert registers[0].read_bytes() == b"".join(others)
    assert capsys.readouterr().out.startswith(
        f"Without Polderhaven Logistics ({DAILY}), which is billed daily. "
        "With every payer account: make close PAYERS=payers.csv\n"
    )


def test_a_register_that_is_named_is_played_whole(
    registers: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    close.main(["--folder", str(tmp_path), "--payers", "payers.csv"])
    assert registers == [REGISTER]
    assert "Without" not in capsys.readouterr().out
