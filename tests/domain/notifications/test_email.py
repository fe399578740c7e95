"""The e-mail of a run, read as a whole."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from lambdas.domain.close.open_items import open_items
from lambdas.domain.close.owners import Owners
from lambdas.domain.findings import KINDS, Finding, finding
from lambdas.domain.judgement.manifests import PayerState
from lambdas.domain.notifications.email import email_text
from lambdas.domain.notifications.item_text import item_lines, item_title
from lambdas.domain.notifications.reasons import Notification, Reason
from lambdas.domain.runs.payer_register import Payer
from lambdas.domain.verdict_words import PeriodVerdict
from lambdas.domain.witnesses.acknowledgements import Acknowledgement
from lambdas.domain.witnesses.statements import PayerWitnesses
from sandbox.organization import HOSTILE_PAYERS
from tests.domain.examples import ACME, BOREAL, OCTOBER, archived
from tests.domain.judging import judged, outcome
from tests.domain.notifications.notices import (
    CEDAR,
    DENIED,
    EARLY,
    MISSING,
    PAGE,
    SHA,
    account,
    last,
    noted,
    notification,
    outstanding,
)
from tests.domain.payments.records import answer, credit_memo, financial_record

AUDITOR = "For the auditor, who compares it with the archive:"
ONE = account("PARTIAL", BOREAL, "Boreal Foods S.A.", missing=[outstanding("2609293185")])
OF_CEDAR = account("NO_ACCESS", CEDAR, "Cedar", findings=(DENIED,))
ROLE = "Deploy or repair the payer account's reader role as the runbook says. Then start a run."
LATE_ONE = """\
1. Boreal Foods SA. (044455556666): invoice 2609293185
   EUR 41.10 (listed by AWS, PDF outstanding), issued 3 November 2026, outstanding since \
4 November 2026
   Owner: Miriam Vogt
   Next (finance): 2 days late. Open an AWS Billing case.
   Reason: PDF_NOT_READY
"""
END = f"""\
Each reason has a heading in the runbook (docs/runbook.md).
Page of the month: {PAGE}

{AUDITOR}
- 2026-10: manifest 2, SHA-256 {SHA}
"""
TOTAL = "Outstanding: EUR 41.10 (listed by AWS, PDF outstanding)\n"
ACCEPTED = Acknowledgement(
    "Nothing.", "Dana", "2026-12-31", "run-1", "x", (("PDF_NOT_READY", "2"),)
)


def of_archived(*findings: Finding) -> PayerState:
    """Boreal with the archived invoice 500 and these findings on it."""
    invoice = replace(archived("500", payer=BOREAL), findings=findings)
    return account("PARTIAL", BOREAL, "Boreal", findings=findings, invoices=(invoice,))


EMAILS: Mapping[str, tuple[list[Notification], str, str]] = {
    "complete": (
        [notification("COMPLETE", account(), account("NO_CHARGES", BOREAL), before=last())],
        "AWS invoices October 2026: complete",
        f"""\
October 2026 is complete: all 2 invoices are archived. {PAGE}

{AUDITOR}
- 2026-10: manifest 2, SHA-256 {SHA}
""",
    ),
    "complete with an accepted gap": (
        [
            notification(
                "COMPLETE",
                account(
                    missing=[
                        replace(
                            outstanding("2", payer=ACME),
                            findings=(
                                replace(finding("PDF_NOT_READY", "2", "No."), severity="warning"),
                            ),
                        )
                    ],
                    unarchived=0,
                    witnesses=PayerWitnesses(acknowledgements=(ACCEPTED,)),
                ),
            )
        ],
        "AWS invoices October 2026: complete",
        f"""\
October 2026 is complete: 1 of 2 invoices is archived; 1 gap accepted by a person until \
31 December 2026. {PAGE}

{AUDITOR}
- 2026-10: manifest 2, SHA-256 {SHA}
""",
    ),
    "complete without invoices": (
        [notification("COMPLETE", replace(account("NO_CHARGES", expected=0), invoices=()))],
        "AWS invoices October 2026: complete",
        f"""\
October 2026 is complete: AWS lists no invoices. {PAGE}

{AUDITOR}
- 2026-10: manifest 2, SHA-256 {SHA}
""",
    ),
    "awaiting again": (
        [notification("AWAITING", replace(ONE, verdict="AWAITING"), before=last(), as_of=EARLY)],
        "AWS invoices October 2026: awaiting invoices",
        f"""\
October 2026 is awaiting invoices: 1 of 2 invoices is outstanding. No action until \
11 November 2026; we retry daily.
Payer accounts: 0 of 1 complete on business day 9.
Page of the month: {PAGE}

{AUDITOR}
- 2026-10: manifest 2, SHA-256 {SHA}
""",
    ),
    "awaiting, nothing outstanding": (
        [notification("AWAITING", account("AWAITING"), before=last(), as_of=EARLY)],
        "AWS invoices October 2026: awaiting invoices",
        f"""\
October 2026 is awaiting invoices: nothing is outstanding, more may come. No action until \
11 November 2026; we retry daily.
Payer accounts: 0 of 1 complete on business day 9.
Page of the month: {PAGE}

{AUDITOR}
- 2026-10: manifest 2, SHA-256 {SHA}
""",
    ),
    "an invoice is outstanding after the deadline": (
        [notification("ACTION_REQUIRED", account(), ONE, before=last("AWAITING"))],
        "AWS invoices October 2026: 1 of 3 outstanding, overdue",
        f"""\
October 2026 is not complete: 1 of 3 invoices is outstanding, 2 days after the deadline of \
10 November 2026.
Payer accounts: 1 of 2 complete on business day 9.

{LATE_ONE}
{TOTAL}{END}""",
    ),
    "an account cannot be read before the deadline": (
        [notification("ACTION_REQUIRED", account(), OF_CEDAR, as_of=EARLY)],
        "AWS invoices October 2026: 1 payer account needs action",
        f"""\
October 2026 is not complete: 1 payer account cannot be read; the deadline is 10 November 2026.
Payer accounts: 1 of 2 complete on business day 9.

1. Cedar (999988887777)
   Owner: Finance
   Next (cloud admin, by 10 November 2026): {ROLE}
   Reason: NO_ACCESS

{END}""",
    ),
    "all kinds at once, no longer complete": (
        [
            notification(
                "ACTION_REQUIRED",
                account(
                    "MISSING",
                    ACME,
                    findings=(MISSING,),
                    missing=[outstanding("A-1", "3303781", "JPY", payer=ACME)],
                ),
                ONE,
                OF_CEDAR,
                before=last("COMPLETE"),
            )
        ],
        "AWS invoices October 2026: 2 of 5 outstanding, overdue",
        f"""\
October 2026 is no longer complete: 2 of 5 invoices are outstanding, 1 payer account cannot be \
read and 1 payer account is missing an expected invoice, 2 days after the deadline of \
10 November 2026.
Payer accounts: 0 of 3 complete on business day 9.

1. Acme, Inc. (111122223333): invoice A-1
   JPY 3,303,781 (listed by AWS, PDF outstanding), issued 3 November 2026, outstanding since \
4 November 2026
   Owner: Dana Whitlock
   Next (finance): 2 days late. Open an AWS Billing case.
   Reason: PDF_NOT_READY

2. Acme, Inc. (111122223333): invoice of AWS
   Owner: Dana Whitlock
   Next (finance): 2 days late. {KINDS["USUAL_INVOICE_MISSING"].step}
   Reason: USUAL_INVOICE_MISSING

{LATE_ONE.replace("1. ", "3. ", 1)}
4. Cedar (999988887777)
   Owner: Finance
   Next (cloud admin): 2 days late. {ROLE}
   Reason: NO_ACCESS

Outstanding: EUR 41.10 and JPY 3,303,781 (listed by AWS, PDF outstanding)
{END}""",
    ),
    "a document of an archived invoice is missing": (
        [
            notification(
                "ACTION_REQUIRED",
                account(
                    "PARTIAL",
                    findings=(gap := finding("DOWNLOAD_FAILED", "7 TAX_E_INVOICE T-1", "No."),),
                    invoices=(replace(archived("7"), findings=(gap,)),),
                ),
            )
        ],
        "AWS invoices October 2026: 1 payer account needs action, overdue",
        f"""\
October 2026 is not complete: 1 payer account is missing a document, 2 days after the deadline \
of 10 November 2026.
Payer accounts: 0 of 1 complete on business day 9.

1. Acme, Inc. (111122223333): document 7 TAX_E_INVOICE T-1
   issued 3 November 2026
   Owner: Dana Whitlock
   Next (finance): 2 days late. Open an AWS Billing case.
   Reason: DOWNLOAD_FAILED

{END}""",
    ),
    "manifests that cannot be trusted": (
        [
            notification(
                "ACTION_REQUIRED",
                findings=(finding("MANIFESTS_ROLLED_BACK", "periods/2026-10/manifests/", "Gone."),),
            )
        ],
        "AWS invoices October 2026: archive damaged, overdue",
        f"""\
October 2026 is not complete: its part of the archive is damaged, 2 days after the deadline of \
10 November 2026.

1. The month as a whole: periods/2026-10/manifests/
   Next (cloud admin): {KINDS["MANIFESTS_ROLLED_BACK"].step}
   Reason: MANIFESTS_ROLLED_BACK

{END.partition(AUDITOR)[0]}""".rstrip()
        + "\n",
    ),
    "the weekly repeat with news": (
        [
            notification(
                "ACTION_REQUIRED",
                account("PARTIAL", BOREAL, "Boreal", missing=[outstanding("2609293185")]),
                replace(OF_CEDAR, findings=(DENIED, MISSING)),
                reason="reminder",
                before=noted(
                    notification(
                        "ACTION_REQUIRED",
                        account(
                            "PARTIAL",
                            BOREAL,
                            missing=[outstanding("2609293185"), outstanding("0001")],
                        ),
                        OF_CEDAR,
                    )
                ),
            )
        ],
        "AWS invoices October 2026: 1 of 3 outstanding, overdue",
        f"""\
October 2026 is not complete: 1 of 3 invoices is outstanding and 1 payer account cannot be read, \
2 days after the deadline of 10 November 2026.
Payer accounts: 0 of 2 complete on business day 9.
Since the e-mail of 5 November 2026: 1 new, 1 resolved, 2 still open.
Resolved: Boreal (044455556666): invoice 0001

{LATE_ONE.replace("Boreal Foods SA.", "Boreal")}
2. Cedar (999988887777)
   Owner: Finance
   Next (cloud admin): 2 days late. {ROLE}
   Reason: NO_ACCESS

3. New. Cedar (999988887777): invoice of AWS
   Owner: Finance
   Next (cloud admin): 2 days late. {ROLE}
   Reason: USUAL_INVOICE_MISSING

{TOTAL}{END}""",
    ),
    "the weekly repeat without news, escalated": (
        [
            notification(
                "ACTION_REQUIRED",
                ONE,
                reason="reminder",
                before=noted(notification("ACTION_REQUIRED", ONE)),
                is_escalated=True,
            )
        ],
        "AWS invoices October 2026: 1 of 2 outstanding, overdue",
        f"""\
October 2026 is not complete: 1 of 2 invoices is outstanding, 2 days after the deadline of \
10 November 2026.
Payer accounts: 0 of 1 complete on business day 9.
The month is escalated: its e-mails go to the escalation addresses too.
No item is new or resolved since the e-mail of 5 November 2026.

{LATE_ONE}
{TOTAL}{END}""",
    ),
    "a complete month beside a red one": (
        [
            notification("COMPLETE", account()),
            notification("ACTION_REQUIRED", ONE, period=OCTOBER.shifted(-1)),
        ],
        "AWS invoices September 2026: 1 of 2 outstanding, overdue, and 1 more month",
        f"""\
September 2026 is not complete: 1 of 2 invoices is outstanding, 2 days after the deadline of \
10 November 2026.
Payer accounts: 0 of 1 complete on business day 9.

{LATE_ONE}
{TOTAL}Each reason has a heading in the runbook (docs/runbook.md).
Page of the month: {PAGE.replace("2026-10", "2026-09")}

October 2026 is complete: its invoice is archived. {PAGE}

{AUDITOR}
- 2026-09: manifest 2, SHA-256 {SHA}
- 2026-10: manifest 2, SHA-256 {SHA}
""",
    ),
}


@pytest.mark.parametrize("occasion", EMAILS)
def test_an_email_says_the_state_the_items_who_acts_and_where_to_look(occasion: str) -> None:
    notifications, subject, text = EMAILS[occasion]
    assert email_text(notifications) == (subject, text)


def test_the_worst_month_gives_the_subject_and_comes_first() -> None:
    september, august, july = (OCTOBER.shifted(-back) for back in (1, 2, 3))
    subject, text = email_text(
        [
            notification("COMPLETE", account()),
            notification("AWAITING", account("AWAITING"), period=august, as_of=EARLY),
            notification("ACTION_REQUIRED", OF_CEDAR, period=july, as_of=EARLY),
            notification("ACTION_REQUIRED", ONE, period=september, reason="reminder"),
        ]
    )
    assert subject == "AWS invoices September 2026: 1 of 2 outstanding, overdue, and 3 more months"
    states = [
        line for line in text.splitlines() if " 2026 is " in line and "deadline is" not in line
    ]
    assert [line.split(" is ")[0] for line in states] == [
        "September 2026",
        "August 2026",
        "October 2026",
    ]


def test_a_gap_of_the_month_as_a_whole_that_is_resolved_is_named_as_one() -> None:
    gone = finding("MANIFESTS_ROLLED_BACK", "periods/2026-10/manifests/", "Gone.")
    before = noted(notification("ACTION_REQUIRED", ONE, findings=(gone,)))
    _, text = email_text([notification("ACTION_REQUIRED", ONE, before=before)])
    assert (
        "\nResolved: The month as a whole: MANIFESTS_ROLLED_BACK periods/2026-10/manifests/\n"
        in text
    )


def test_a_resolved_reason_on_an_account_or_on_an_invoice_is_named_by_its_code() -> None:
    reasons = [finding(code, "500", "No.") for code in ("PDF_NOT_READY", "ROWS_DIFFER")]
    before = noted(notification("ACTION_REQUIRED", of_archived(*reasons), OF_CEDAR))
    one = notification("ACTION_REQUIRED", of_archived(reasons[1]), account(), before=before)
    _, text = email_text([one])
    assert "0 new, 2 resolved, 1 still open." in text
    assert "\nResolved: Boreal (044455556666): document 500\n" in text
    assert "\nResolved: 999988887777: NO_ACCESS" in text


def test_an_invoice_that_aws_lists_by_now_is_resolved_in_words() -> None:
    before = noted(
        notification("ACTION_REQUIRED", account("MISSING", CEDAR, findings=(MISSING,)), ONE)
    )
    _, text = email_text([notification("ACTION_REQUIRED", account(), ONE, before=before)])
    assert "\nResolved: 999988887777: the invoice that AWS had not listed\n" in text


def test_an_item_with_another_reason_and_amount_is_neither_new_nor_resolved() -> None:
    early, late = (
        notification(
            "ACTION_REQUIRED",
            account("PARTIAL", BOREAL, missing=[outstanding("1", total, currency, code)]),
        )
        for total, currency, code in (
            ("41.10", "EUR", "PDF_NOT_READY"),
            ("999.00", "USD", "OTHER_INVOICE"),
        )
    )
    _, text = email_text([replace(late, before=noted(early))])
    assert "No item is new or resolved since the e-mail of 5 November 2026." in text
    assert "Nothing has changed" not in text


def test_ids_and_keys_can_be_looked_up_as_the_mail_writes_them() -> None:
    key = "invoices/2026-10/044455556666/2026-10_044455556666_INVOICE_500.pdf"
    damaged = finding("ARCHIVE_DAMAGED", key, "Gone.")
    missing = account("PARTIAL", CEDAR, missing=[outstanding("INV_2026.001", payer=CEDAR)])
    _, text = email_text([notification("ACTION_REQUIRED", of_archived(damaged), missing)])
    assert f"Boreal (044455556666): document {key}\n" in text
    assert "(999988887777): invoice INV_2026.001\n" in text


@pytest.mark.parametrize(
    ("code", "later"), [("PDF_NOT_READY", "finance"), ("NOT_FETCHED", "cloud admin")]
)
def test_what_waits_names_who_acts_now_and_who_after_the_deadline(code: str, later: str) -> None:
    waits = account("PARTIAL", BOREAL, missing=[outstanding("1", "1.00", "EUR", code)])
    _, text = email_text([notification("ACTION_REQUIRED", waits, OF_CEDAR, as_of=EARLY)])
    assert (
        "Next (AWS): No action until 11 November 2026; we retry daily. "
        f"After that ({later}): {KINDS[code].step}\n"
    ) in text


def test_an_owner_without_a_name_is_named_by_the_address_that_gets_the_mail() -> None:
    one = notification("ACTION_REQUIRED", ONE)
    owners = Owners([Payer(BOREAL, "Boreal", owner_email="ap.team@boreal.example")])
    manifest = replace(one.manifest, payers=(ONE,))
    _, text = email_text([replace(one, open=open_items(manifest, owners, one.as_of))])
    assert "\n   Owner: ap.team@boreal.example\n" in text
    assert "Finance" not in text


def test_an_account_outside_the_register_is_named_with_the_one_that_listed_it() -> None:
    shown = replace(outstanding("1", payer=CEDAR), seen_by=(ACME,))
    one = notification("ACTION_REQUIRED", account(), account("PARTIAL", CEDAR, "", missing=[shown]))
    _, text = email_text([one])
    assert "1. Acme, Inc. (999988887777, listed under 111122223333): invoice 1\n" in text


def test_what_waits_for_aws_after_the_deadline_has_an_action_though_no_manifest_was_written() -> (
    None
):
    """An account that needs a person has the same state before and after the deadline."""
    needs_a_person = finding("OTHER_INVOICE", "9", "It is of invoice 8.")
    waits = replace(ONE, findings=(*ONE.findings, needs_a_person))
    _, early = email_text([notification("ACTION_REQUIRED", waits, as_of=EARLY)])
    _, late = email_text([notification("ACTION_REQUIRED", waits)])
    assert "No action until 11 November 2026" in early
    assert "No action until" not in late


@pytest.mark.parametrize("verdict", ["COMPLETE", "AWAITING", "ACTION_REQUIRED"])
@pytest.mark.parametrize("reason", ["changed", "overdue", "escalated", "reminder"])
def test_the_subject_is_what_the_notification_service_takes(
    verdict: PeriodVerdict, reason: Reason
) -> None:
    whole = account("PARTIAL", name="Ärmel 株", missing=[outstanding("1")], expected=10**9)
    subject, _ = email_text(
        [notification(verdict, whole, reason=reason, period=OCTOBER.shifted(-1))] * 400
    )
    assert subject.isascii()
    assert 0 < len(subject) <= 100
    assert "\n" not in subject


@pytest.mark.parametrize("payer", HOSTILE_PAYERS, ids=lambda payer: payer.account_id)
def test_no_name_or_id_of_others_becomes_a_link_or_an_address(payer: Any) -> None:
    hostile = f"{payer.name} https://evil.example.com @all <b>"
    one = account(
        "MISSING", name=payer.name, missing=[outstanding(hostile, "1.00", "<a@b>")],
        findings=[finding("CHARGES_WITHOUT_INVOICE", hostile, hostile)],
    )  # fmt: skip
    _, text = email_text([notification("ACTION_REQUIRED", one)])
    assert text.count("://") == 1
    text = text.replace(PAGE, "")
    for sign in ("://", "@", "<", ">", "\u202e", "example.com"):
        assert sign not in text


def test_an_email_stays_short_however_many_payer_accounts_and_months_there_are() -> None:
    many = [account("MISSING", f"{n:012}", "Name " * 99, findings=(MISSING,)) for n in range(1000)]
    whole = notification("ACTION_REQUIRED", *many)
    notifications = [
        replace(whole, manifest=replace(whole.manifest, billing_period=OCTOBER.shifted(-back)))
        for back in range(30)
    ]
    _, text = email_text(notifications)
    assert len(text.encode()) <= 200_000
    assert text.count("975 more items: see the page of the month.") == 12
    assert "And 18 more months." in text


def test_an_email_in_letters_of_several_bytes_is_cut_and_says_where_the_rest_is() -> None:
    refused = {f"{n:012}": ["AWS denied x:" + "株" * 9000 + "."] for n in range(25)}
    _, text = email_text([], refused)
    assert len(text.encode()) <= 200_000
    assert text.endswith("The page of each month has all of it.]\n")


def test_refusals_alone_are_an_email_of_their_own() -> None:
    subject, text = email_text([], {ACME: ["AWS denied x."]}, {ACME: "Acme <b>"})
    assert subject == "AWS invoices: AWS refuses questions about 1 payer account"
    assert text == (
        "AWS refuses to answer questions about these payer accounts:\n"
        f"- {ACME} Acme b: AWS denied x.\n"
        "Their invoices are archived all the same, and checked against fewer sources.\n"
        f"Next: {KINDS['WITNESS_NOT_READ'].next_step}\n"
        "This e-mail comes once. Until it is fixed, the page of each month shows it as "
        "WITNESS_NOT_READ.\n"
    )


def test_what_aws_payments_alone_has_is_an_invoice_or_a_credit_memo() -> None:
    asked = outcome(payments=answer(financial_record("7"), credit_memo("9", "41.10")))
    manifest = judged(asked, invoices=[archived("1")])
    one = replace(
        notification("ACTION_REQUIRED"), manifest=manifest, open=open_items(manifest, Owners(()))
    )
    [invoice, memo] = one.open.items

    assert item_title(invoice) == "Acme (111122223333): invoice 7"
    assert item_title(memo) == "Acme (111122223333): credit memo 9"
    assert next(item_lines(memo, one)).startswith(
        "USD 41.10 credit of Amazon Web Services EMEA SARL (AWS Payments; AWS Invoicing does not "
        "list it), issued 3 November 2026"
    )
