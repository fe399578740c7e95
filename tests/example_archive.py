"""An archive as files, made by the real handlers from the made-up organization's invoices.

Hostile names, twelve currencies, supplements, a credit memo, a document that came late, payer
accounts without invoices: what reviewers will meet, without the embedded AWS.
"""

from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_socket
from moto import mock_aws

from lambdas.handlers import enumerate_payer_accounts
from sandbox import export, snapshot
from sandbox.organization import MADE_UP_PAYERS, Organization
from tests.handlers import conftest as handlers

PERIOD = "2026-10"
RUNS = tuple(datetime(2026, *day, 6, tzinfo=UTC) for day in ((10, 12), (11, 12), (11, 20)))
LEFT_OUT = frozenset({"693174820559"})
"""The payer that is billed daily: its hundred invoices a month take longer than all others."""


def export_example_archive(folder: Path) -> None:
    """Write it to `folder / "archive"`: two months after their deadline, one of them once more."""
    payers = [payer for payer in MADE_UP_PAYERS if payer.account_id not in LEFT_OUT]
    organization = Organization({payer.account_id: payer.name for payer in payers})
    register = folder / "register.csv"
    project = Path(__file__).parent.parent
    lines = (project / "payers.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if line.split(",")[0] not in LEFT_OUT]
    register.write_text("".join(kept), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        pytest_socket.enable_socket()
        pytest_socket.socket_allow_hosts(["127.0.0.1", "localhost"], allow_unix_socket=True)
        patch.setattr(handlers, "Catalogue", lambda: organization)
        for world in handlers.prepared_world(patch, folder):
            patch.setattr(enumerate_payer_accounts, "REGISTER", register)
            for run in RUNS:
                world.run({"scheduled_time": run.isoformat()}, at=run)
            objects = snapshot.take(world.s3, handlers.BUCKET)
            export.export(
                world.s3, handlers.BUCKET, objects, folder / "archive", folder / "exported.json"
            )
        pytest_socket.disable_socket(allow_unix_socket=True)
