"""One function for each code of a check that a copy of the archive can show, named after it. It
damages a good archive so that the check finds that code and, but for what `ALSO` names, no other.

A function may return the heads that the check is given.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from lambdas.aws.manifest_signing import ManifestSigner
from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.close.owners import Owners
from lambdas.domain.evidence.archive_layout import (
    completeness_key,
    find_key,
    invoices_csv_key,
    ledger_csv_key,
    manifest_key,
    payment_status_key,
    sha256_sums_key,
)
from lambdas.domain.evidence.manifest_heads import ManifestHead
from lambdas.domain.evidence.signatures import signature_of, signed_file
from lambdas.domain.json_text import sha256_hex, to_json
from lambdas.domain.judgement.manifests import Manifest
from lambdas.domain.payments.payment_status import PaymentStatus
from lambdas.domain.witnesses.charges import Charges
from lambdas.views.find import find_file
from lambdas.views.invoices_csv import invoices_csv
from lambdas.views.ledger import ledger_csv
from lambdas.views.sha256_sums import sha256_sums
from tests.domain.examples import ACME
from tests.domain.payments.records import answer, financial_record
from tests.fake_kms import FakeKms
from tests.ops.made_archive import KEY_FILE, NEWEST, OCTOBER, MadeArchive

Heads = Mapping[BillingPeriod, ManifestHead] | None
ALSO: dict[str, set[str]] = {
    "MANIFEST_MISPLACED": {"CHAIN_BROKEN"},  # who puts another manifest there breaks the chain
}


def nothing_to_check(made: MadeArchive) -> None:
    for folder in ("invoices/", "records/", "periods/"):
        for key in made.keys(folder):
            del made.files[key]


def period_absent(made: MadeArchive) -> None:
    """A month that lies alone, a month away from the others."""
    july = BillingPeriod(2026, 7)
    said = made.data(made.keys("periods/2026-09/manifests/")[0])
    said |= {"billing_period": str(july), "key": manifest_key(july, 1), "last_day": "2026-08-10"}
    file = made.files[manifest_key(july, 1)] = made.sign(said)
    manifest = Manifest.from_data(said)
    made.files[completeness_key(july)] = to_json(manifest.completeness())
    made.files[sha256_sums_key(july)] = sha256_sums(manifest, sha256_hex(file))
    made.files[ledger_csv_key(july)] = ledger_csv(manifest)


def signing_key_absent(made: MadeArchive) -> None:
    """With the key, nobody sees what was forged."""
    signature_invalid(made)
    del made.files[KEY_FILE]


def signing_key_wrong(made: MadeArchive) -> None:
    other = FakeKms()
    made.files[KEY_FILE] = ManifestSigner(other, other.key_arn).public_key_pem()


def manifests_absent(made: MadeArchive) -> None:
    for key in made.keys("periods/2026-10/manifests/"):
        del made.files[key]


def manifests_rolled_back(made: MadeArchive) -> Heads:
    """The whole archive as it was one run ago, in itself without a fault."""
    late = next(key for key in made.keys("invoices/") if "_SUPPLEMENT_" in key)
    for key in (NEWEST, late, next(key for key in made.keys("records/") if "0002" in key)):
        del made.files[key]
    make_views(made, 2)
    return made.heads


def manifest_gone(made: MadeArchive) -> None:
    del made.files[manifest_key(OCTOBER, 2)]


def manifest_damaged(made: MadeArchive) -> None:
    made.files[NEWEST] = made.files[NEWEST][:-200]


def manifest_misplaced(made: MadeArchive) -> None:
    """September's manifest, with its valid signature, under October's first number."""
    made.files[manifest_key(OCTOBER, 1)] = made.files[made.keys("periods/2026-09/manifests/")[0]]


def schema_unknown(made: MadeArchive) -> None:
    sign_newest(made, lambda said: said.update(schema="invoice-archive/manifest/99"), views=False)


def signature_invalid(made: MadeArchive) -> None:
    """An amount edited in the record and the manifest, every hash and view made anew: all that can
    be done without the key.
    """
    key = next(key for key in made.keys("records/") if "0002" in key)
    edited = made.files[key].replace(b'"TotalAmount": "100.00"', b'"TotalAmount": "1.00"')
    made.files[key] = edited

    def edit(said: dict[str, Any]) -> None:
        for invoice in said["payers"][1]["invoices"]:
            if invoice["records"][-1]["key"] == key:
                invoice["records"][-1] |= {"sha256": sha256_hex(edited), "size_bytes": len(edited)}
                invoice["summary"]["PaymentCurrencyAmount"]["TotalAmount"] = "1.00"

    said = made.data(NEWEST)
    signature = signature_of(said)
    edit(said)
    made.files[NEWEST] = signed_file(Manifest.from_data(said).to_data(), signature)
    make_views(made, 3)


def chain_broken(made: MadeArchive) -> None:
    sign_newest(made, lambda said: said.update(previous_sha256="0" * 64))


def head_differs(made: MadeArchive) -> Heads:
    """A newest manifest that is signed and fits, and is not the one that once was there."""

    def edit(said: dict[str, Any]) -> None:
        for one in (said, *said["payers"]):
            one["run_id"] = "run-4"

    sign_newest(made, edit)
    return made.heads


def evidence_dropped(made: MadeArchive) -> None:
    """A run says that there were no charges, and says so of itself without a contradiction."""
    final = Charges("run-3", "2026-11-12T06:00:00Z", is_final=True).to_data()

    def edit(said: dict[str, Any]) -> None:
        said["payers"][0] |= {"invoices": [], "findings": [], "expected": 0}
        said["payers"][0] |= {"verdict": "NO_CHARGES"}
        said["payers"][0]["witnesses"]["cost_explorer"] = final

    sign_newest(made, edit)
    for key in made.keys("invoices/2026-10/044") + made.keys("records/2026-10/044"):
        del made.files[key]


def expectation_dropped(made: MadeArchive) -> None:
    """A run forgets a payer account of which nothing was archived, and says that all is complete.

    Its second manifest is the newest but one.
    """
    said = made.data(NEWEST)
    forgotten = said["payers"][0] | {"payer_account_id": "999999999999", "verdict": "MISSING"}
    forgotten |= {"invoices": [], "findings": [], "expected": 0}

    def expect(said: dict[str, Any]) -> None:
        said["payers"].append(forgotten)
        said |= {"verdict": "ACTION_REQUIRED", "closed_at": None}

    sign_newest(made, expect)
    fourth = {"sequence": 4, "key": manifest_key(OCTOBER, 4)}
    said |= fourth | {"previous_sha256": sha256_hex(made.files[NEWEST])}
    made.files[manifest_key(OCTOBER, 4)] = made.sign(said)
    make_views(made, 4)


def manifest_contradicted(made: MadeArchive) -> None:
    """A total in the manifest, and in the view that is made of it, that no invoices make."""
    said = made.data(NEWEST)
    said["totals"][0]["amount"] = "1.00"
    made.files[NEWEST] = made.sign(said)
    view = made.data(completeness_key(OCTOBER)) | {"totals": said["totals"]}
    manifest = Manifest.from_data(said)
    made.files[completeness_key(OCTOBER)] = to_json(view)
    made.files[sha256_sums_key(OCTOBER)] = sha256_sums(manifest, sha256_hex(made.files[NEWEST]))


def name_wrong(made: MadeArchive) -> None:
    """An invoice document under another invoice's name, said so by everything."""
    alone(made)
    old = next(key for key in made.keys("invoices/2026-10/044"))
    new = old.replace("EUINAE26-11", "EUINAE26-99")
    made.files[new] = made.files.pop(old)
    (record,) = made.keys("records/2026-10/044")
    made.files[record] = made.files[record].replace(old.encode(), new.encode())

    def edit(said: dict[str, Any]) -> None:
        (invoice,) = said["payers"][0]["invoices"]
        invoice["documents"][0]["key"] = new
        invoice["records"][0]["sha256"] = sha256_hex(made.files[record])

    sign_newest(made, edit, sequence=1)


def object_gone(made: MadeArchive) -> None:
    del made.files[a_document(made)]


def object_moved(made: MadeArchive) -> None:
    key = a_document(made)
    made.files[key.replace("invoices/2026-10/", "invoices/2026-10/misc/")] = made.files.pop(key)


def object_extra(made: MadeArchive) -> None:
    made.files[a_document(made).replace(".pdf", "_copy.pdf")] = made.files[a_document(made)]


def size_changed(made: MadeArchive) -> None:
    made.files[a_document(made)] += b"\n"


def document_changed(made: MadeArchive) -> None:
    """One bit of one byte."""
    content = bytearray(made.files[a_document(made)])
    content[7] ^= 1
    made.files[a_document(made)] = bytes(content)


def record_changed(made: MadeArchive) -> None:
    """An amount edited where the size stays the same."""
    key = made.keys("records/")[0]
    made.files[key] = made.files[key].replace(b'"100.00"', b'"900.00"')


def content_swapped(made: MadeArchive) -> None:
    """Two documents of other sizes, each in the other's place."""
    one, other, *_ = (key for key in made.keys("invoices/") if "_INVOICE_2609293185" in key)
    made.files[one], made.files[other] = made.files[other], made.files[one]


def record_contradicted(made: MadeArchive) -> None:
    """A manifest that its signer made say what no record does."""

    def edit(said: dict[str, Any]) -> None:
        said["payers"][0]["invoices"][0]["summary"]["IssuedDate"] = "2026-11-04T00:00:00Z"

    sign_newest(made, edit)


def view_differs(made: MadeArchive) -> None:
    """A payer account's total in completeness.json is not the manifest's."""
    view = made.data(completeness_key(OCTOBER))
    view["payers"][0]["totals"][0]["amount"] = "1000.00"
    made.files[completeness_key(OCTOBER)] = to_json(view)


def view_absent(made: MadeArchive) -> None:
    del made.files[sha256_sums_key(OCTOBER)]


def payment_without_invoice(made: MadeArchive) -> None:
    status = PaymentStatus(OCTOBER).updated({ACME: answer(financial_record("77"))}, {ACME})
    made.files[payment_status_key(OCTOBER)] = to_json(status.to_data())


def a_document(made: MadeArchive) -> str:
    return next(key for key in made.keys("invoices/2026-10/044"))


def sign_newest(
    made: MadeArchive,
    edit: Callable[[dict[str, Any]], object],
    *,
    sequence: int = 3,
    views: bool = True,
) -> None:
    """Edit October's newest manifest as only its signer could, and make the views of it."""
    key = manifest_key(OCTOBER, sequence)
    said = made.data(key)
    edit(said)
    if views:
        said = Manifest.from_data(said).to_data()  # with the totals that follow from the edit
    made.files[key] = made.sign(said)
    if views:
        make_views(made, sequence)


def make_views(made: MadeArchive, sequence: int) -> None:
    """October's views as a run that ended with this manifest would leave them."""
    file = made.files[manifest_key(OCTOBER, sequence)]
    manifest = Manifest.from_data(json.loads(file))
    made.files[completeness_key(OCTOBER)] = to_json(manifest.completeness())
    made.files[sha256_sums_key(OCTOBER)] = sha256_sums(manifest, sha256_hex(file))
    made.files[ledger_csv_key(OCTOBER)] = ledger_csv(manifest)
    made.files[invoices_csv_key(OCTOBER)] = invoices_csv(manifest, Owners(()))
    made.files[find_key(OCTOBER)] = find_file(manifest).to_json()


def alone(made: MadeArchive) -> None:
    """Make October's newest manifest its first and only one."""
    said = made.data(NEWEST) | {
        "sequence": 1,
        "previous_sha256": None,
        "key": manifest_key(OCTOBER, 1),
    }
    for key in made.keys("periods/2026-10/manifests/"):
        del made.files[key]
    made.files[manifest_key(OCTOBER, 1)] = made.sign(said)
