"""Made-up payer accounts under hostile names.

Accounts, invoices and behaviour are those of the ordinary ones. Names, owners and purchase orders
try to be formulas, markup, reversed text or very long.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sandbox.organization.payers import MADE_UP_PAYERS

_HOSTILE_TEXTS: Mapping[str, Mapping[str, Any]] = {
    "284650917332": {
        "name": 'Côté, "Fils" & Associés',
        "legal_entity": 'Côté, "Fils" & Associés inc.',
        "purchase_order": 'BC-"2291", rév. 3',
    },
    "509174628830": {
        "name": '=HYPERLINK("https://example.com/refund","Open refund")',
        "owner": "@SUM(1+1)*cmd|' /C calc'!A0",
        "purchase_order": "+61-7-PO-118",
    },
    "318406957221": {
        "name": "<script>alert('paid')</script><b>Orchard 🍊 פרדס רמת</b>",
        "owner": "&lt;Yael&gt; \u202eneroG",
        "purchase_order": "<img src=x onerror=alert(1)>",
    },
    "430718265994": {
        "name": "Schweizerisch-Liechtensteinische Vereinigung der landwirtschaftlichen "
        "Ein- und Verkaufsgenossenschaften, Molkereiverbände und Bergkäsereien, "
        "Abteilung Informatik, Rechenzentrum und elektronischer Zahlungsverkehr",
    },
}
"""The members of a payer that differ, by its account."""

HOSTILE_PAYERS = tuple(
    replace(payer, **_HOSTILE_TEXTS.get(payer.account_id, {})) for payer in MADE_UP_PAYERS
)
"""The same payer accounts, in the same order."""
