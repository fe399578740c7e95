from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.domain.close.muted_remarks import MutedRemark
from lambdas.domain.documents.document_url import DEFAULT_DOCUMENT_HOSTS
from lambdas.domain.evidence.retention import RetentionPolicy
from lambdas.domain.notifications.escalation import NO_ESCALATION, Escalation
from lambdas.domain.runs.close_calendar import CloseDeadline
from lambdas.settings import CSV_FORMATS, FunctionSettings, InvalidEnvironment, Witnesses

SETTINGS = FunctionSettings(
    archive_bucket="archive",
    payer_role_name="InvoiceArchivePayerReader",
    external_id="invoice-archive",
    close_deadline=CloseDeadline("business day", 7),
    lookback_periods=2,
    retention=RetentionPolicy(10, "GOVERNANCE", 12),
    document_hosts=DEFAULT_DOCUMENT_HOSTS,
    fetch_threads=8,
    max_document_bytes=256 << 20,
    manifest_signing_key="arn:aws:kms:eu-central-1:111122223333:key/1",
    manifest_heads_table="heads",
    notification_topic="arn:aws:sns:eu-central-1:111122223333:topic",
    holidays=(date(2026, 12, 25), date(2027, 1, 1)),
    witnesses=Witnesses(
        cost_explorer=True, billing_transfers=False, invoice_units=True, payments=True
    ),
)
MUTED = (MutedRemark("Amazon AWS Serviços Brasil Ltda.", "INVOICE_ID_NOT_IN_TEXT"),)
ENVIRONMENT = SETTINGS.to_environment()


def problems(environment: dict[str, str]) -> list[str]:
    with pytest.raises(InvalidEnvironment) as refused:
        FunctionSettings.from_environment(environment)
    return list(refused.value.problems)


@given(
    st.builds(
        FunctionSettings,
        archive_bucket=st.text(min_size=1),
        payer_role_name=st.text(min_size=1),
        external_id=st.text(min_size=1),
        close_deadline=st.builds(CloseDeadline, st.just("day"), st.integers(5, 28)),
        lookback_periods=st.integers(0, 12),
        retention=st.builds(
            RetentionPolicy,
            st.integers(1, 100),
            st.sampled_from(["GOVERNANCE", "COMPLIANCE"]),
            st.integers(1, 12),
        ),
        document_hosts=st.lists(
            st.from_regex(r"[a-z0-9.*-]+", fullmatch=True), min_size=1, max_size=4
        ).map(tuple),
        fetch_threads=st.integers(1, 64),
        max_document_bytes=st.integers(1, 1 << 40),
        manifest_signing_key=st.text(min_size=1),
        manifest_heads_table=st.text(min_size=1),
        notification_topic=st.text(min_size=1),
        holidays=st.lists(st.dates(), max_size=3).map(tuple),
        witnesses=st.builds(Witnesses, st.booleans(), st.booleans(), st.booleans()),
        muted_remarks=st.sampled_from([(), MUTED]),
        default_owner=st.text(min_size=1),
        escalation=st.just(NO_ESCALATION)
        | st.builds(
            Escalation,
            st.lists(st.emails().filter(lambda one: "," not in one), min_size=1).map(tuple),
            st.integers(1, 365),
        ),
        chat_topic=st.text(),
        csv_format=st.sampled_from(CSV_FORMATS),
    )
)
def test_what_the_deployment_writes_is_what_the_functions_read(settings: FunctionSettings) -> None:
    environment = settings.to_environment()
    assert all(isinstance(value, str) for value in environment.values())
    assert FunctionSettings.from_environment(environment) == settings


def test_the_functions_read_the_environment_of_their_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    assert FunctionSettings.from_environment() == SETTINGS


@pytest.mark.parametrize(
    ("name", "value"),
    [(name, None) for name in ENVIRONMENT]
    + [(name, "") for name in ENVIRONMENT if name != "HOLIDAYS"],
)
def test_a_missing_variable_is_one_readable_problem(name: str, value: str | None) -> None:
    environment = {key: text for key, text in ENVIRONMENT.items() if key != name}
    if value is not None:
        environment[name] = value
    assert problems(environment) == [f"{name} is not set"]


def test_every_missing_variable_is_reported_at_once() -> None:
    assert sorted(problems({})) == sorted(f"{name} is not set" for name in ENVIRONMENT)


def test_what_a_deployment_did_not_choose_is_not_in_the_environment() -> None:
    """A function that an earlier release's template made is as it was."""
    chosen = {"DEFAULT_OWNER", "ESCALATE_TO", "ESCALATE_AFTER_DAYS", "CHAT_TOPIC", "CSV_FORMAT"}
    assert not chosen & {*ENVIRONMENT}
    settings = FunctionSettings.from_environment(ENVIRONMENT)
    assert (settings.default_owner, settings.escalation, settings.chat_topic) == (
        "Finance",
        NO_ESCALATION,
        "",
    )


def test_there_may_be_no_holidays() -> None:
    assert FunctionSettings.from_environment(ENVIRONMENT | {"HOLIDAYS": ""}).holidays == ()


def test_every_wrong_holiday_is_reported_at_once() -> None:
    assert problems(ENVIRONMENT | {"HOLIDAYS": "2026-12-25,2026-13-01,Easter"}) == [
        "HOLIDAYS: '2026-13-01' is not a day; write year-month-day, such as 2026-12-31",
        "HOLIDAYS: 'Easter' is not a day; write year-month-day, such as 2026-12-31",
    ]


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("LOOKBACK_PERIODS", "-1", "LOOKBACK_PERIODS: '-1' is not a whole number from 0 on"),
        ("LOOKBACK_PERIODS", "two", "LOOKBACK_PERIODS: 'two' is not a whole number from 0 on"),
        ("FETCH_THREADS", "0", "FETCH_THREADS: 0 is not a whole number from 1 on"),
        ("FETCH_THREADS", "1.5", "FETCH_THREADS: '1.5' is not a whole number from 1 on"),
        ("MAX_DOCUMENT_BYTES", "\u0661", "MAX_DOCUMENT_BYTES: '\u0661' is not a whole number"),
        ("MAX_DOCUMENT_BYTES", "9" * 5000, "MAX_DOCUMENT_BYTES: '999"),
        ("RETENTION_YEARS", "0", "RETENTION_YEARS: 0 is not a whole number from 1 on"),
        ("FISCAL_YEAR_END_MONTH", "0", "FISCAL_YEAR_END_MONTH: 0 is not"),
        ("FISCAL_YEAR_END_MONTH", "13", "FISCAL_YEAR_END_MONTH: 13 is not"),
        (
            "RETENTION_MODE",
            "governance",
            "RETENTION_MODE: 'governance' is not one of GOVERNANCE, COMPLIANCE",
        ),
        (
            "MUTED_REMARKS",
            '[{"seller":"AWS","finding":"LATE_INVOCE"}]',
            "MUTED_REMARKS: entry 1.finding 'LATE_INVOCE' is no finding; did you mean "
            "'LATE_INVOICE'?",
        ),
        ("MUTED_REMARKS", "AWS", "MUTED_REMARKS: 'AWS' is not JSON"),
        ("COST_EXPLORER", "yes", "COST_EXPLORER: 'yes' is neither true nor false"),
        ("INVOICE_UNITS", "True", "INVOICE_UNITS: 'True' is neither true nor false"),
        ("CSV_FORMAT", "german", "CSV_FORMAT: 'german' is not one of international, european"),
        ("CLOSE_DEADLINE", "10", "CLOSE_DEADLINE: '10' is not a close deadline"),
    ],
)
def test_a_wrong_variable_is_reported_with_its_value(name: str, value: str, problem: str) -> None:
    (found,) = problems(ENVIRONMENT | {name: value})
    assert found.startswith(problem)


def test_the_error_says_what_to_do() -> None:
    with pytest.raises(InvalidEnvironment, match="deploy the stack again"):
        FunctionSettings.from_environment({})
