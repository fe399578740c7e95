from dataclasses import replace

import pytest

from lambdas.domain.findings import KINDS, finding
from lambdas.domain.judgement.manifests import Manifest, PayerState
from lambdas.domain.notifications.report import plain_id, plain_name, report
from tests.domain.examples import ACME, OCTOBER, archived

WAITING = finding("PDF_NOT_READY", "1", "Not yet.")
REFUSED = finding("DOCUMENT_URL_REFUSED", "1", "Not opened: the port is 80, not 443.")
NOTED = finding("LATE_DOCUMENT", "1", "Added.")
DAY = "business day 3"


def payer(account_id: str = ACME, verdict: str = "COMPLETE", name: str = "Acme") -> PayerState:
    invoices = (
        archived("1", PaymentCurrencyAmount={"TotalAmount": "987.65", "CurrencyCode": "USD"}),
    )
    findings = () if verdict == "COMPLETE" else (WAITING, replace(WAITING, subject="2"), REFUSED)
    return PayerState(
        account_id,
        name,
        f"{name} Ltd.",
        "CHECKED",
        verdict,  # type: ignore[arg-type]
        "run-1",
        None,
        3,
        invoices,
        (),
        (),
        (*findings, NOTED),
    )


def manifest(verdict: str, *payers: PayerState) -> Manifest:
    return Manifest("archive", OCTOBER, 2, None, "run-1", "x", verdict, None, payers)  # type: ignore[arg-type]


def test_a_complete_period_is_sent_in_one_sentence_and_where_to_look() -> None:
    assert report("run-1", [manifest("COMPLETE", payer())], DAY).splitlines() == [
        "2026-10: complete. 1 of 1 complete on business day 3.",
        "Details: periods/2026-10/manifests/manifest-0002.json and runs/run-1/ in the archive.",
    ]


def test_each_open_payer_is_listed_with_what_blocks_it() -> None:
    message = report(
        "run-1",
        [manifest("ACTION_REQUIRED", payer(), payer("999988887777", "PARTIAL", "Boreal"))],
        DAY,
    )
    assert "1 of 2 complete on business day 3." in message
    assert (
        "- 999988887777 Boreal: a document is missing; 1 of 3 invoices archived "
        "(1 x DOCUMENT_URL_REFUSED, 2 x PDF_NOT_READY)" in message.splitlines()
    )
    assert ACME not in message
    assert "LATE_DOCUMENT" not in message


def test_other_periods_are_sent_in_a_line_each() -> None:
    september = replace(manifest("AWAITING"), billing_period=OCTOBER.shifted(-1))
    message = report("run-1", [manifest("COMPLETE", payer()), september], DAY)
    assert "2026-09: awaiting invoices." in message.splitlines()


def test_the_report_carries_no_amount() -> None:
    message = report("run-1", [manifest("ACTION_REQUIRED", payer(verdict="PARTIAL"))], DAY)
    assert "987" not in message
    assert "USD" not in message


def test_the_message_stays_short_and_shows_where_to_look_however_many_payers_are_open() -> None:
    many = [payer(f"{n:012}", "MISSING", "Name " * 200) for n in range(1000)]
    message = report("run-1", [manifest("ACTION_REQUIRED", *many)], DAY)
    assert len(message) < 32 * 1024  # what a failed execution's cause may have
    assert message.count("is missing") <= 25
    assert "and 975 more" in message
    assert message.splitlines()[-1].startswith("Details: ")


def test_a_name_keeps_its_letters_and_loses_what_a_mail_program_turns_into_a_link() -> None:
    assert plain_name("Kessler Antriebstechnik GmbH & Co. KG") == (
        "Kessler Antriebstechnik GmbH & Co. KG"
    )
    assert plain_name("Verdejante Alimentos S.A.") == "Verdejante Alimentos SA."
    assert plain_name("פרדס רמת 🍊") == "פרדס רמת"
    assert plain_name('=HYPERLINK("https://example.com/x","Open")') == (
        "HYPERLINK( https examplecom x , Open )"
    )
    assert plain_name("a@b.example\nBcc: c") == "a bexample Bcc c"
    assert plain_name("x" * 60) == "x" * 60
    assert plain_name("x" * 61) == "x" * 59 + "…"


@pytest.mark.parametrize(
    "text",
    [
        "periods/2026-10/manifests/manifest-0001.json",
        "invoices/2026-10/111122223333/2026-10_111122223333_INVOICE_9_2E1.pdf",
        "INV_2026.001",
        "NF-e 35.2611",
        "x" * 200,
    ],
)
def test_an_id_or_a_key_is_readable_as_it_is(text: str) -> None:
    assert plain_id(text) == text


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("evil.example", "evil. example"),
        ("https://evil.example.com/x.pdf", "https //evil. example. com/x.pdf"),
        ("evil.pdf.com", "evil. pdf. com"),
        ("x.zip", "x. zip"),
        ("evil.PDFs", "evil. PDFs"),
        ("evil.pdf-x.de", "evil. pdf-x. de"),
        ("evil.\u200bcom", "evil. com"),
        ("xn--bcher.株", "xn--bcher. 株"),
        ("a@evil.de", "a evil. de"),
        ("WWW.1.2", "WWW. 1.2"),
        ("<b>*x*_y_", "b x y"),
        ("x" * 201, "x" * 199 + "…"),
    ],
)
def test_an_id_becomes_no_link(text: str, plain: str) -> None:
    assert plain_id(text) == plain


def test_the_report_of_many_periods_and_codes_fits_into_the_cause_of_a_failed_execution() -> None:
    many = tuple(finding(code, "1", "Why.", severity="blocking") for code in KINDS)
    payers = [replace(payer(f"{n:012}", "PARTIAL", "株" * 60), findings=many) for n in range(50)]
    message = report("run-1", [manifest("ACTION_REQUIRED", *payers)] * 500, DAY)
    assert len(message.encode()) <= 32_768
    assert message.endswith("[Cut here; all of it is in runs/run-1/ in the archive.]")
