"""Deploy settings: what is accepted, and the message of every refusal."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from infra.deploy_settings import DeploySettings, InvalidDeploySettings
from lambdas.domain.close.muted_remarks import MutedRemark
from lambdas.domain.documents.document_url import DEFAULT_DOCUMENT_HOSTS
from lambdas.domain.evidence.retention import RetentionPolicy
from lambdas.domain.notifications.escalation import NO_ESCALATION, Escalation
from lambdas.domain.runs.close_calendar import CloseDeadline
from lambdas.settings import Witnesses

GOOD_REGISTER = (
    "account_id,name,legal_entity\n111122223333,Example,Example Inc\n020417736915,Other,Other Ltd\n"
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "payers.csv").write_text(GOOD_REGISTER)
    return tmp_path


def block(**settings: object) -> dict[str, object]:
    return {
        "archive_bucket_name": "example-archive",
        "payers_file": "payers.csv",
        **settings,
    }


def problems_of(value: object, project: Path) -> tuple[str, ...]:
    with pytest.raises(InvalidDeploySettings) as refused:
        DeploySettings.from_context(value, project)
    return refused.value.problems


def test_only_the_bucket_name_and_the_register_are_needed(project: Path) -> None:
    settings = DeploySettings.from_context(block(), project)

    assert settings.archive_bucket_name == "example-archive"
    assert settings.payers_file == project / "payers.csv"
    assert [payer.name for payer in settings.register.payers] == ["Example", "Other"]
    assert settings.payer_role_name == "InvoiceArchivePayerReader"
    assert settings.external_id == "invoice-archive"
    assert (settings.schedule.cron, settings.schedule.time_zone) == ("0 6 * * ? *", "UTC")
    assert settings.close_deadline == CloseDeadline("day", 10)
    assert settings.holidays == ()
    assert settings.witnesses == Witnesses(True, True, True, True)
    assert settings.lookback_periods == 2
    assert settings.retention == RetentionPolicy(10, "GOVERNANCE", 12)
    assert settings.break_glass_role_arn is None
    assert settings.notify_emails == ()
    assert settings.escalate_to == NO_ESCALATION
    assert settings.default_owner == "Finance"
    assert settings.chat_notifications is False
    assert settings.filtered_emails == ()
    assert settings.reviewer_legal_entities == ()
    assert settings.max_concurrent_payers == 10
    assert settings.fetch_threads == 8
    assert settings.document_hosts == DEFAULT_DOCUMENT_HOSTS
    assert settings.csv_format == "international"
    assert settings.billing_endpoint_url is None


def test_an_escalation_that_names_no_days_is_due_on_the_third(project: Path) -> None:
    given = block(escalate_to={"emails": ["cfo@example.com"]})
    escalation = DeploySettings.from_context(given, project).escalate_to
    assert escalation == Escalation(("cfo@example.com",)) == Escalation(("cfo@example.com",), 3)


def test_every_setting_can_be_given(project: Path) -> None:
    given = block(
        payer_role_name="Reader",
        external_id="finance:1",
        schedule={"cron": "0,30 5-7/2 ? * * *", "time_zone": "Europe/Berlin"},
        close_deadline="business day 7",
        holidays=["2027-01-01", "2026-12-25"],
        witnesses={"cost_explorer": False, "invoice_units": False},
        lookback_periods=0,
        retention={"years": 7, "mode": "GOVERNANCE", "fiscal_year_end_month": 3},
        break_glass_role_arn="arn:aws:iam::111122223333:role/ops/BreakGlass",
        notify_emails=["a@example.com", "b@example.com"],
        escalate_to={"emails": ["CFO@example.com"], "after_days": 5},
        default_owner="Accounts payable",
        chat_notifications=True,
        reviewer_legal_entities=["Other Ltd"],
        muted_remarks=[{"seller": "AWS Ltda.", "finding": "LATE_INVOICE"}],
        max_concurrent_payers=1,
        fetch_threads=1,
        document_hosts=["127.0.0.1"],
        csv_format="european",
        billing_endpoint_url="http://127.0.0.1:8080",
    )

    settings = DeploySettings.from_context(given, project)

    assert settings.payer_role_name == "Reader"
    assert settings.external_id == "finance:1"
    assert settings.schedule.cron == "0,30 5-7/2 ? * * *"
    assert settings.schedule.time_zone == "Europe/Berlin"
    assert settings.close_deadline == CloseDeadline("business day", 7)
    assert settings.holidays == (date(2026, 12, 25), date(2027, 1, 1))
    assert settings.witnesses == Witnesses(
        cost_explorer=False, billing_transfers=True, invoice_units=False, payments=True
    )
    assert settings.lookback_periods == 0
    assert settings.retention == RetentionPolicy(7, "GOVERNANCE", 3)
    assert settings.break_glass_role_arn == "arn:aws:iam::111122223333:role/ops/BreakGlass"
    assert settings.notify_emails == ("a@example.com", "b@example.com")
    assert settings.escalate_to == Escalation(("CFO@example.com",), 5)
    assert settings.default_owner == "Accounts payable"
    assert settings.chat_notifications is True
    assert settings.filtered_emails == ("cfo@example.com",)
    assert settings.reviewer_legal_entities == ("Other Ltd",)
    assert settings.muted_remarks == (MutedRemark("AWS Ltda.", "LATE_INVOICE"),)
    assert settings.max_concurrent_payers == 1
    assert settings.fetch_threads == 1
    assert settings.document_hosts == ("127.0.0.1",)
    assert settings.csv_format == "european"
    assert settings.billing_endpoint_url == "http://127.0.0.1:8080"


def test_the_command_line_gives_the_block_as_json_text(project: Path) -> None:
    settings = DeploySettings.from_context(json.dumps(block(fetch_threads=3)), project)
    assert settings.fetch_threads == 3


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (None, 'there is none; write the block under "context" in cdk.json'),
        ("{not json", "they are text that is not JSON: Expecting property name"),
        ([], 'the block [] is not an object; write {"key": value}'),
        ("7", 'the block 7 is not an object; write {"key": value}'),
    ],
)
def test_a_block_that_is_no_object_is_refused(value: object, problem: str, project: Path) -> None:
    [found] = problems_of(value, project)
    assert found.startswith(problem)


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        (
            {"archive_bucket_name": "Invoice_Archive"},
            "archive_bucket_name: 'Invoice_Archive' is not 3 to 63 lower-case letters, digits, "
            "dots and hyphens, with a letter or digit at both ends; S3 refuses it, choose a name "
            "such as 'example-corp-invoice-archive'",
        ),
        ({"archive_bucket_name": "ab"}, "archive_bucket_name: 'ab' is not 3 to 63"),
        ({"archive_bucket_name": "a" * 64}, f"archive_bucket_name: '{'a' * 64}' is not 3 to 63"),
        ({"archive_bucket_name": "archive-"}, "archive_bucket_name: 'archive-' is not 3 to 63"),
        ({"archive_bucket_name": "a..b"}, "archive_bucket_name: 'a..b' has two dots in a row"),
        (
            {"archive_bucket_name": "192.168.5.4"},
            "archive_bucket_name: '192.168.5.4' has the form of an IP address",
        ),
        (
            {"archive_bucket_name": "xn--archive"},
            "archive_bucket_name: 'xn--archive' begins or ends with a word that AWS reserves",
        ),
        (
            {"archive_bucket_name": "archive-s3alias"},
            "archive_bucket_name: 'archive-s3alias' begins or ends with a word that AWS reserves",
        ),
        ({"archive_bucket_name": 5}, "archive_bucket_name: 5 is not text"),
        ({"payers_file": ""}, "payers_file: '' is not text"),
        (
            {"payers_file": "payer.csv"},
            "payers_file: 'payer.csv' cannot be read (No such file or directory: ",
        ),
        ({"payers_file": "."}, "payers_file: '.' cannot be read (Is a directory: "),
        (
            {"payer_role_name": "arn:aws:iam::111122223333:role/Reader"},
            "payer_role_name: 'arn:aws:iam::111122223333:role/Reader' is not an IAM role name; "
            "write the name alone",
        ),
        ({"external_id": "x"}, "external_id: 'x' is not an external id; write 2 to 1224 letters"),
        ({"schedule": "0 6 * * ? *"}, "schedule: '0 6 * * ? *' is not an object; write {\"key\""),
        (
            {"schedule": {"cron": "0 6 * * *"}},
            "schedule.cron: '0 6 * * *' has 5 fields, not six; write 'minute hour * * ? *'",
        ),
        (
            {"schedule": {"cron": "60 6 * * ? *"}},
            "schedule.cron: '60 6 * * ? *' has no minute from 0 to 59 but '60'",
        ),
        (
            {"schedule": {"cron": "0 9-7 * * ? *"}},
            "schedule.cron: '0 9-7 * * ? *' has no hour from 0 to 23 but '9-7'",
        ),
        (
            {"schedule": {"cron": "0 6,x * * ? *"}},
            "schedule.cron: '0 6,x * * ? *' has no hour from 0 to 23 but '6,x'",
        ),
        (
            {"schedule": {"cron": "0 6 3 * ? *"}},
            "schedule.cron: '0 6 3 * ? *' does not start a run every day, so late invoices and "
            "missed deadlines would go unseen; write 'minute hour * * ? *'",
        ),
        (
            {"schedule": {"time_zone": "Europe/Berln"}},
            "schedule.time_zone: 'Europe/Berln' is not a time zone; did you mean 'Europe/Berlin'?",
        ),
        (
            {"schedule": {"time_zone": "Moonbase 9"}},
            "schedule.time_zone: 'Moonbase 9' is not a time zone; write an IANA name such as "
            "'Europe/Berlin'",
        ),
        (
            {"schedule": {"crom": "0 6 * * ? *"}},
            "schedule.crom is unknown; did you mean 'cron'?",
        ),
        ({"close_deadline": "day 31"}, "close_deadline: 'day 31' is not a close deadline; write"),
        ({"close_deadline": 10}, "close_deadline: 10 is not text"),
        (
            {"holidays": ["2026-12-25", "2026-13-01"]},
            "holidays: '2026-13-01' is not a day; write year-month-day, such as 2026-12-31",
        ),
        (
            {"holidays": ["2026-12-25", "2027-01-01", "2062-12-26"]},
            "holidays: '2062-12-26' belongs to a year that does not adjoin the other years of the "
            "list; correct the year, or list the days of the years between too",
        ),
        ({"holidays": ["2026-W52-5"]}, "holidays: '2026-W52-5' is not a day; write"),
        ({"holidays": ["25.12.2026"]}, "holidays: '25.12.2026' is not a day; write"),
        ({"holidays": "2026-12-25"}, "holidays: '2026-12-25' is not a list of texts"),
        ({"holidays": ["2026-12-25"] * 2}, "holidays: '2026-12-25' is listed more than once"),
        (
            {"witnesses": {"cost_explorer": "no"}},
            "witnesses.cost_explorer: 'no' is neither true nor false",
        ),
        (
            {"witnesses": {"costexplorer": False}},
            "witnesses.costexplorer is unknown; did you mean 'cost_explorer'?",
        ),
        (
            {"break_glass_role_arn": "arn:aws:sts::111122223333:assumed-role/BreakGlass/jane"},
            "break_glass_role_arn: 'arn:aws:sts::111122223333:assumed-role/BreakGlass/jane' is not "
            "the ARN of an IAM role; write one such as ",
        ),
        ({"lookback_periods": -1}, "lookback_periods: -1 is not a whole number from 0 to 24"),
        ({"lookback_periods": True}, "lookback_periods: True is not a whole number from 0 to 24"),
        ({"lookback_periods": "2"}, "lookback_periods: '2' is not a whole number from 0 to 24"),
        ({"retention": {"years": 0}}, "retention.years: 0 is not a whole number from 1 to 98"),
        *(
            (
                {"retention": {"years": years}},
                f"retention.years: {years} is more than 98: S3 locks nothing for longer than 100 "
                "years of 365 days, and the rest of the fiscal year and leap days are added to "
                "these; write 98 or less",
            )
            for years in (99, 100, 1000)
        ),
        (
            {"retention": {"mode": "governance"}},
            "retention.mode: 'governance' is not one of GOVERNANCE, COMPLIANCE",
        ),
        (
            {"retention": {"fiscal_year_end_month": 13}},
            "retention.fiscal_year_end_month: 13 is not a whole number from 1 to 12",
        ),
        (
            {"csv_format": "German"},
            "csv_format: 'German' is not one of international, european",
        ),
        (
            {"notify_emails": "a@example.com"},
            'notify_emails: \'a@example.com\' is not a list of texts; write ["…", "…"]',
        ),
        (
            {"notify_emails": ["finance"]},
            "notify_emails: 'finance' is not an e-mail address",
        ),
        (
            {"notify_emails": ["a@example.com", "a@example.com"]},
            "notify_emails: 'a@example.com' is listed more than once; keep one",
        ),
        (
            {"notify_emails": ["a@example.com", "b@example.com", "A@Example.com"]},
            "notify_emails: 'a@example.com' and 'A@Example.com' are the same address; keep one",
        ),
        (
            {"escalate_to": {"emails": ["a@b.example", "A@b.example"]}},
            "escalate_to: emails 'a@b.example' and 'A@b.example' are the same address; keep one",
        ),
        ({"escalate_to": {"after_days": 3}}, "escalate_to: emails is missing; it has no default"),
        ({"escalate_to": {"emails": []}}, "escalate_to: emails is empty; name an address, or"),
        (
            {"escalate_to": {"emails": [f"a{n}@b.example" for n in range(6)]}},
            "escalate_to: emails has more than 5 addresses; name a mailing list",
        ),
        (
            {"escalate_to": {"emails": ["a@b.example"], "after_days": 0}},
            "escalate_to: after_days 0 is not a whole number from 1 to 365",
        ),
        (
            {"escalate_to": {"emails": ["a@b.example"], "days": 3}},
            "escalate_to: days is unknown",
        ),
        (
            {"escalate_to": {"emails": ["jörg@b.example"]}},
            "escalate_to: emails 'jörg@b.example' is no address that Amazon SNS sends e-mail to",
        ),
        ({"default_owner": ""}, "default_owner: '' is not text"),
        ({"default_owner": "x" * 101}, "default_owner: it has more than 100 characters"),
        ({"chat_notifications": "yes"}, "chat_notifications: 'yes' is neither true nor false"),
        (
            {"muted_remarks": {"seller": "AWS Ltda."}},
            "muted_remarks: {'seller': 'AWS Ltda.'} is not a list; write [{",
        ),
        (
            {"muted_remarks": [{"seller": "AWS Ltda.", "finding": "LATE_INVOCE"}]},
            "muted_remarks: entry 1.finding 'LATE_INVOCE' is no finding; did you mean "
            "'LATE_INVOICE'?",
        ),
        (
            {"muted_remarks": [{"seller": "AWS Ltda.", "finding": "PDF_NOT_READY"}]},
            "muted_remarks: entry 1.finding PDF_NOT_READY is always shown; these can be muted: ",
        ),
        (
            {"max_concurrent_payers": 0},
            "max_concurrent_payers: 0 is not a whole number from 1 to 1000",
        ),
        (
            {"external_id": "https://b/x?X-Amz-Signature=5ec2e7"},
            "external_id: it has a signed URL, which is a secret; write what stands there",
        ),
        ({"fetch_threads": 21}, "fetch_threads: 21 is not a whole number from 1 to 20"),
        ({"document_hosts": ["*"]}, "document_hosts: '*' would match hosts of anybody"),
        ({"document_hosts": []}, "document_hosts: the list is empty, so that no document could"),
        (
            {"billing_endpoint_url": "invoicing.example.com"},
            "billing_endpoint_url: 'invoicing.example.com' is not a URL; write https://host",
        ),
        (
            {"billing_endpoint_url": "http://billing.example.com"},
            "billing_endpoint_url: 'http://billing.example.com' is not encrypted; write https",
        ),
        (
            {"billing_endpoint_url": "https://host:port"},
            "billing_endpoint_url: 'https://host:port' is not a URL: Port could not be cast",
        ),
        (
            {"billing_endpoint_url": "https://user:secret@host"},
            "billing_endpoint_url: the URL of host 'host' has a user name, query or fragment",
        ),
        (
            {"archive_bucket": "example"},
            "archive_bucket is unknown; did you mean 'archive_bucket_name'?",
        ),
        ({"colour": "red"}, "colour is unknown; the keys are archive_bucket_name, "),
    ],
)
def test_a_wrong_value_is_named_with_its_key_and_the_remedy(
    settings: dict[str, Any], problem: str, project: Path
) -> None:
    [found] = problems_of(block(**settings), project)
    assert found.startswith(problem)


def test_missing_required_keys_are_named(project: Path) -> None:
    assert problems_of({}, project) == (
        "archive_bucket_name is missing; it has no default",
        "payers_file is missing; it has no default",
    )


def test_a_loopback_document_host_contradicts_an_invoicing_api_elsewhere(project: Path) -> None:
    hosts = ["127.0.0.1", "*.s3.*.amazonaws.com"]

    for endpoint in ({}, {"billing_endpoint_url": "https://billing.example.com"}):
        [found] = problems_of(block(document_hosts=hosts, **endpoint), project)
        assert found.startswith("document_hosts names '127.0.0.1' while billing_endpoint_url is ")


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        (
            {"payer_role_name": "invoice-archive-fetch-invoice-documents"},
            "payer_role_name 'invoice-archive-fetch-invoice-documents' is the role of "
            "fetch_invoice_documents in the archive account; choose another name",
        ),
        (
            {
                "break_glass_role_arn": "arn:aws:iam::111122223333:role/"
                "invoice-archive-validate-completeness"
            },
            "break_glass_role_arn 'arn:aws:iam::111122223333:role/"
            "invoice-archive-validate-completeness' is the role of validate_completeness, and "
            "nothing in the workflow may delete; name a role that a person takes in an emergency",
        ),
        (
            {
                "break_glass_role_arn": "arn:aws:iam::111122223333:role/BreakGlass",
                "retention": {"mode": "COMPLIANCE"},
            },
            "break_glass_role_arn is set while retention.mode is COMPLIANCE: nobody can delete ",
        ),
        (
            {"reviewer_legal_entities": ["Exemple Inc"]},
            "reviewer_legal_entities names 'Exemple Inc', which no line of payers.csv has as "
            "legal_entity; did you mean 'Example Inc'?",
        ),
        (
            {"reviewer_legal_entities": ["株式会社"]},
            "reviewer_legal_entities names '株式会社', which no line of payers.csv has as "
            "legal_entity; write one of its values, or remove it",
        ),
    ],
)
def test_settings_that_contradict_each_other_are_refused(
    settings: dict[str, Any], problem: str, project: Path
) -> None:
    [found] = problems_of(block(**settings), project)
    assert found.startswith(problem)


def test_every_holiday_is_named_where_none_says_which_year_is_meant(project: Path) -> None:
    found = problems_of(block(holidays=["2062-12-25", "1026-01-01", "2026-12-26"]), project)
    assert [problem.split(" belongs")[0] for problem in found] == [
        "holidays: '1026-01-01'",
        "holidays: '2026-12-26'",
        "holidays: '2062-12-25'",
    ]


def test_all_contradictions_are_reported_together(project: Path) -> None:
    found = problems_of(
        block(
            document_hosts=["127.0.0.1"],
            payer_role_name="invoice-archive-list-invoice-summaries",
            break_glass_role_arn="arn:aws:iam::111122223333:role/BreakGlass",
            retention={"mode": "COMPLIANCE"},
            reviewer_legal_entities=["Nobody"],
        ),
        project,
    )
    assert [problem.split(" ")[0] for problem in found] == [
        "document_hosts",
        "payer_role_name",
        "break_glass_role_arn",
        "reviewer_legal_entities",
    ]


def test_every_line_problem_of_the_register_is_reported(project: Path) -> None:
    (project / "payers.csv").write_text(
        "account_id,name\n20417736915,Lost zero\n1111222233334,\n111122223333,A\n111122223333,B\n"
    )

    found = problems_of(block(), project)

    assert [problem.split(";")[0] for problem in found] == [
        "payers_file: payers.csv line 2: account_id '20417736915' has 11 digits, not 12",
        "payers_file: payers.csv line 3: account_id '1111222233334' is not twelve digits as text",
        "payers_file: payers.csv line 3: name is empty",
        "payers_file: payers.csv line 5: account_id '111122223333' is already on line 4",
    ]


def test_an_empty_register_is_refused(project: Path) -> None:
    (project / "payers.csv").write_text("account_id,name\n")
    [found] = problems_of(block(), project)
    assert found.startswith("payers_file: payers.csv lists no payer account")


def test_all_problems_are_reported_at_once_in_one_readable_error(project: Path) -> None:
    (project / "payers.csv").write_text("account_id,name\n1,\n")
    given = block(
        archive_bucket_name="Bad_Name",
        retention={"years": 0, "mode": "SOFT"},
        holidays=["x", "y"],
        notify_emails=["x", "y"],
        shedule={},
    )

    with pytest.raises(InvalidDeploySettings) as refused:
        DeploySettings.from_context(given, project)

    lines = str(refused.value).splitlines()
    assert lines[0] == (
        "the deploy settings (context key 'invoice_archive' in cdk.json) are not valid:"
    )
    assert [line.split(":")[0] for line in lines[1:]] == [
        "  - archive_bucket_name",
        "  - payers_file",
        "  - payers_file",
        "  - holidays",
        "  - holidays",
        "  - retention.years",
        "  - retention.mode",
        "  - notify_emails",
        "  - notify_emails",
        "  - shedule is unknown; did you mean 'schedule'?",
    ]


def test_more_filter_policies_than_a_topic_takes_are_refused(project: Path) -> None:
    def register(count: int) -> None:
        lines = (f"{n:012},A,owner{n}@example.com\n" for n in range(1, count + 1))
        (project / "payers.csv").write_text("account_id,name,owner_email\n" + "".join(lines))

    register(201)
    notified = block(notify_emails=["OWNER7@example.com"])
    assert len(DeploySettings.from_context(notified, project).filtered_emails) == 200
    [problem] = problems_of(block(), project)
    assert problem.startswith(
        "payers.csv (owner_email) and escalate_to name 201 different addresses outside "
        "notify_emails; Amazon SNS takes 200 filter policies a topic"
    )


def test_an_owner_s_address_that_sns_would_refuse_is_reported_with_its_line(project: Path) -> None:
    (project / "payers.csv").write_text(
        "account_id,name,owner_email\n111122223333,A,a@b.example\n020417736915,B,dana@localhost\n"
    )
    assert problems_of(block(), project) == (
        "payers_file: payers.csv line 3: owner_email 'dana@localhost' is not an e-mail address",
    )


def test_more_role_names_than_fit_into_a_policy_are_refused(project: Path) -> None:
    def register(names: int) -> None:
        accounts = range(100000000000, 100000000300)
        lines = (
            f"{account},A,arn:aws:iam::{account}:role/{account % names:03}{'n' * 61}\n"
            for account in accounts
        )
        (project / "payers.csv").write_text("account_id,name,role_arn\n" + "".join(lines))

    register(10)
    assert len(DeploySettings.from_context(block(), project).other_role_names) == 10
    register(11)
    [problem] = problems_of(block(), project)
    assert "the role_arn column of payers.csv has 11 different role names" in problem
    assert "call the reader roles 'InvoiceArchivePayerReader'" in problem


def test_fewer_role_names_with_long_paths_are_refused(project: Path) -> None:
    lines = (f"{100000000000 + one},A,arn:aws:iam::{100000000000 + one}:role/" for one in range(5))
    names = (f"{'p' * 400}/{one}\n" for one in range(5))
    register = "account_id,name,role_arn\n" + "".join(map("".join, zip(lines, names, strict=True)))
    (project / "payers.csv").write_text(register)
    [problem] = problems_of(block(), project)
    assert "has 5 different role names" in problem


def test_roles_that_are_called_as_the_settings_say_take_no_room(project: Path) -> None:
    accounts = range(100000000000, 100000000300)
    (project / "payers.csv").write_text(
        "account_id,name,role_arn\n"
        + "".join(f"{one},A,arn:aws:iam::{one}:role/Reader\n" for one in accounts)
    )
    settings = DeploySettings.from_context(block(payer_role_name="Reader"), project)
    assert settings.other_role_names == ()
