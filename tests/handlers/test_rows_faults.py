"""What AWS lists and no plain month has, row by row (docs/faults.md): and the month survives it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.handlers.conftest import ACME, LONG_AGO, Month, World, invoice, pdf, transfer

SOURCE = "777788889999"
UNNUMBERED = {"INVOICE_ID_NOT_IN_TEXT": "info"}


def details(world: World, code: str, period: str = "2026-10", payer: str = ACME) -> list[str]:
    findings = world.payer(payer, period)["findings"]
    return [one["detail"] for one in findings if one["code"] == code]


@pytest.mark.parametrize(
    "moves",
    [
        [],
        [transfer(SOURCE, ACME, LONG_AGO, datetime(2026, 10, 1, tzinfo=UTC))],
        [transfer(ACME, SOURCE, datetime(2026, 10, 9, tzinfo=UTC))],
    ],
)
def test_l32_an_invoice_of_a_bill_source_without_a_transfer_is_a_warning(
    month: Month, monkeypatch: pytest.MonkeyPatch, moves: list[Any]
) -> None:
    monkeypatch.setenv("BILLING_TRANSFERS", "true")
    month.world.catalogue.moves = moves
    of_source = pdf(f"Invoice for account number: {SOURCE}")
    month.lists(invoice("A2", document=of_source, BillSourceAccounts=[SOURCE]))
    warned = UNNUMBERED | {"SOURCE_WITHOUT_TRANSFER": "warning"}
    month.suffers("COMPLETE", warned)
    assert details(month.world, "SOURCE_WITHOUT_TRANSFER") == [
        f"An invoice for {ACME} is of its bill; AWS names no billing transfer from it to {ACME} "
        "in 2026-10."
    ]
    assert month.world.payer()["archived"] == 2
    month.world.catalogue.moves = [transfer(SOURCE, ACME, datetime(2026, 10, 9, tzinfo=UTC))]
    month.recovers(findings=UNNUMBERED)


def test_l32_nobody_is_warned_of_a_bill_source_as_long_as_transfers_are_not_read(
    month: Month, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_source = pdf(f"Invoice for account number: {SOURCE}")
    month.lists(invoice("A2", document=of_source, BillSourceAccounts=[SOURCE]))
    month.suffers("COMPLETE", UNNUMBERED)
    monkeypatch.setenv("BILLING_TRANSFERS", "true")
    month.recovers(findings=UNNUMBERED)  # the month is closed: it is told nothing new
