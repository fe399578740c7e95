"""An archive as files, made by the real handlers from the made-up organization's invoices.

Hostile names, twelve currencies, supplements, a credit memo, a document that came late, payer
accounts without charges or whose bills go elsewhere, and one that denies access: what reviewers
will meet, without the embedded AWS.
"""

from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_socket
from moto import mock_aws

from lambdas.aws import clients
from lambdas.handlers import enumerate_payer_accounts, list_invoice_summaries
from lambdas.steps.judging import ask_charges
from sandbox import export, snapshot
from sandbox.organization import HOSTILE_PAYERS, Organization, register_csv
from tests.handlers import conftest as handlers
from tests.kept import PROJECT, hash_of_files, kept

PERIOD = "2026-10"
RUNS = tuple(datetime(2026, *day, 6, tzinfo=UTC) for day in ((10, 12), (10, 20), (11, 12)))
WITHOUT_ACCESS = "528491730066"
"""A payer account whose role is taken away before the last run."""
LEFT_OUT = frozenset({"693174820559"})
"""The payer that is billed daily: its hundred invoices a month take longer than all others."""


_MADE_FROM = ("infra", "lambdas", "ops", "sandbox", "tests/stores", "constraints.txt")


def example_archive() -> Path:
    """The archive's folder, made by the first of all processes that ask for it."""
    helpers = [
        *(PROJECT / "tests").glob("[!t]*.py"),
        *(PROJECT / "tests/handlers").glob("[!t]*.py"),
    ]
    made_from = hash_of_files([*(PROJECT / name for name in _MADE_FROM), *helpers])
    return kept("example-archive", made_from[:32], export_example_archive) / "archive"


def export_example_archive(folder: Path) -> None:
    """Write it to `folder / "archive"`: a month that became complete a week after its deadline, and
    the next one, in which something needs attention.
    """
    payers = [payer for payer in HOSTILE_PAYERS if payer.account_id not in LEFT_OUT]
    names = {payer.account_id: payer.name for payer in payers}
    organization = Organization(names, made_up=payers)
    register = folder / "register.csv"
    register.write_bytes(register_csv(payers))
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        pytest_socket.enable_socket()
        pytest_socket.socket_allow_hosts(["127.0.0.1", "localhost"], allow_unix_socket=True)
        patch.setattr(handlers, "Catalogue", lambda: organization)
        for world in handlers.prepared_world(patch, folder):
            patch.setattr(enumerate_payer_accounts, "REGISTER", register)
            _ask_every_witness(patch, world.emulator.url)
            for run in RUNS:
                world.roles.denied = {WITHOUT_ACCESS} if run == RUNS[-1] else set()
                world.run({"scheduled_time": run.isoformat()}, at=run)
            objects = snapshot.take(world.s3, handlers.BUCKET)
            export.export(
                world.s3, handlers.BUCKET, objects, folder / "archive", folder / "exported.json"
            )
        pytest_socket.disable_socket(allow_unix_socket=True)


def _ask_every_witness(patch: pytest.MonkeyPatch, endpoint: str) -> None:
    """Let the handlers ask the emulated Cost Explorer and Organizations with their own clients."""
    patch.setattr(ask_charges, "cost_explorer_client", clients.cost_explorer_client)
    patch.setattr(list_invoice_summaries, "organizations_client", clients.organizations_client)
    for service in ("COST_EXPLORER", "ORGANIZATIONS", "PAYMENTS"):
        patch.setenv(f"AWS_ENDPOINT_URL_{service}", endpoint)
    for witness in ("COST_EXPLORER", "BILLING_TRANSFERS", "INVOICE_UNITS", "PAYMENTS"):
        patch.setenv(witness, "true")
