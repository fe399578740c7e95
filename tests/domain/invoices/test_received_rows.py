import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

import botocore.loaders
import botocore.model
import pytest
from botocore.parsers import JSONParser
from hypothesis import given, settings
from hypothesis import strategies as st

from lambdas.domain.invoices.received_rows import (
    INSTANT,
    INTEGER,
    MEMBERS,
    TEXT,
    ReceivedPage,
    problems_text,
    read_page,
    read_row,
)
from lambdas.domain.invoices.summary import InvoiceSummary
from lambdas.domain.json_text import instant_text
from tests.sizes import examples

SECONDS = 1793664000  # 2026-11-03T00:00:00Z
_INSTANTS = st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - the bounds are naive
_FORMS = (
    lambda at: at.timestamp(),
    lambda at: int(at.timestamp()),
    lambda at: str(at.timestamp()),
    lambda at: at.isoformat(),
    lambda at: at.isoformat().replace("+00:00", "Z"),
    lambda at: at.strftime("%a, %d %b %Y %H:%M:%S GMT"),
)


@cache
def output_shape() -> Any:
    model = botocore.loaders.Loader().load_service_model("invoicing", "service-2")
    return botocore.model.ServiceModel(model).operation_model("ListInvoiceSummaries").output_shape


def by_botocore(body: bytes) -> list[dict[str, Any]]:
    """The rows as the functions got them before they read them themselves."""
    answer = {"body": body, "headers": {}, "status_code": 200}
    return [_plain(row) for row in JSONParser().parse(answer, output_shape())["InvoiceSummaries"]]


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return instant_text(value)
    if isinstance(value, Mapping):
        return {name: _plain(member) for name, member in value.items()}
    return [_plain(member) for member in value] if isinstance(value, list) else value


def values(form: Any) -> Any:
    if isinstance(form, dict):
        optional = {name: st.none() | values(one) for name, one in form.items()}
        unknown = {"OfTomorrow": st.recursive(st.none() | st.floats() | st.text(), st.lists)}
        return st.fixed_dictionaries({}, optional=optional | unknown)
    if isinstance(form, list):
        return st.lists(values(form[0]), max_size=3)
    instants = st.builds(lambda at, write: write(at), _INSTANTS, st.sampled_from(_FORMS))
    return {TEXT: st.text(), INTEGER: st.integers(-(10**17), 10**17), INSTANT: instants}[form]


@settings(max_examples=examples(20, 50))
@given(st.lists(values(MEMBERS), max_size=3), st.booleans(), st.sampled_from([None, 2]))
def test_rows_are_read_as_botocore_reads_them_with_the_same_fingerprints(
    rows: list[Any], ascii_only: bool, indent: int | None
) -> None:
    text = json.dumps({"InvoiceSummaries": rows}, ensure_ascii=ascii_only, indent=indent)
    body = text.encode("utf-8", "replace")
    page, known = read_page(body), by_botocore(body)
    assert page.problems == ()
    assert [row.row for row in page.rows] == known
    assert [InvoiceSummary(row.row, row.text).fingerprint() for row in page.rows] == [
        InvoiceSummary(row).fingerprint() for row in known
    ]
    assert [json.dumps(json.loads(row.text)) for row in page.rows] == list(map(json.dumps, rows))


def _form(shape: Any) -> Any:
    if shape.type_name == "structure":
        return {name: _form(one) for name, one in shape.members.items()}
    if shape.type_name == "list":
        return [_form(shape.member)]
    return {"string": TEXT, "integer": INTEGER, "timestamp": INSTANT}[shape.type_name]


def _contains(large: Any, small: Any) -> bool:
    if isinstance(small, dict):
        return all(name in large and _contains(large[name], one) for name, one in small.items())
    return _contains(large[0], small[0]) if isinstance(small, list) else bool(large == small)


def test_the_table_is_that_of_the_service_model_or_of_an_earlier_one() -> None:
    assert _contains(_form(output_shape().members["InvoiceSummaries"].member), MEMBERS)


def test_a_member_that_the_table_does_not_name_is_in_the_text_alone() -> None:
    text = '{"InvoiceId":"1" ,"OfTomorrow":{"a":[1.50]}}'
    found = read_row(text)
    assert (found.text, found.row, found.problems) == (text, {"InvoiceId": "1"}, ())


@pytest.mark.parametrize(
    ("member", "value", "problem"),
    [
        ("IssuedDate", '"soon"', "IssuedDate is the text 'soon', not an instant"),
        ("IssuedDate", "true", "IssuedDate is true, not an instant"),
        ("IssuedDate", "NaN", "IssuedDate is the number nan, not an instant"),
        ("IssuedDate", "1e99", "IssuedDate is the number 1e+99, not an instant"),
        ("IssuedDate", "9" * 5000, "IssuedDate is the number inf, not an instant"),
        ("IssuedDate", "1793664000000", "IssuedDate is the number 1793664000000, not an instant"),
        ("IssuedDate", "[1]", "IssuedDate is a list, not an instant"),
        ("AccountId", "5", "AccountId is the number 5, not a text"),
        ("InvoiceType", "{}", "InvoiceType is an object, not a text"),
        ("BillSourceAccounts", '"1"', "BillSourceAccounts is the text '1', not a list"),
        ("Entity", '"AWS"', "Entity is the text 'AWS', not an object"),
        ("Entity", "[]", "Entity is a list, not an object"),
        ("BillSourceAccountsTotalCount", "1.5", "BillSourceAccountsTotalCount is the number 1.5"),
        ("BillSourceAccountsTotalCount", "true", "BillSourceAccountsTotalCount is true"),
    ],
)
def test_a_member_that_cannot_be_read_is_left_out_and_reported(
    member: str, value: str, problem: str
) -> None:
    found = read_row(f'{{"InvoiceId": "1", "{member}": {value}}}')
    assert found.row == {"InvoiceId": "1"}
    (told_of,) = found.problems
    assert told_of.startswith(problem)


@pytest.mark.parametrize(
    ("member", "value", "left", "problem"),
    [
        ("BillSourceAccounts", '[null, "1"]', ["1"], "BillSourceAccounts[1] is null, not a text"),
        (
            "BillingPeriod",
            '{"Month": 10, "Year": "x"}',
            {"Month": 10},
            "BillingPeriod.Year is the text 'x', not a whole number",
        ),
        (
            "PaymentCurrencyAmount",
            '{"TotalAmount": {}, "CurrencyCode": "USD"}',
            {"CurrencyCode": "USD"},
            "PaymentCurrencyAmount.TotalAmount is an object, not a text",
        ),
        (
            "TaxCurrencyAmount",
            '{"AmountBreakdown": {"Taxes": {"Breakdown": [{"Rate": 19, "Amount": "1"}]}}}',
            {"AmountBreakdown": {"Taxes": {"Breakdown": [{"Amount": "1"}]}}},
            "TaxCurrencyAmount.AmountBreakdown.Taxes.Breakdown[1].Rate is the number 19",
        ),
    ],
)
def test_of_a_member_that_holds_others_only_what_cannot_be_read_is_left_out(
    member: str, value: str, left: object, problem: str
) -> None:
    found = read_row(f'{{"{member}": {value}}}')
    assert found.row == {member: left}
    (told_of,) = found.problems
    assert told_of.startswith(problem)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("null", "the row is null, not an object"),
        ("5", "the row is the number 5, not an object"),
        ("[]", "the row is a list, not an object"),
        ('"x"', "the row is the text 'x', not an object"),
        ("", "the row cannot be read: "),
        ('{"InvoiceId": 1', "the row cannot be read: "),
        ("[" * 100_000, "the row cannot be read: it is nested too deeply"),
    ],
)
def test_a_row_that_is_none_has_nothing_but_its_text(text: str, problem: str) -> None:
    found = read_row(text)
    assert (found.text, found.row) == (text, {})
    assert found.problems[0].startswith(problem)


def test_a_member_that_stands_there_twice_is_reported_and_the_last_one_counts() -> None:
    found = read_row('{"InvoiceId": "1", "InvoiceId": "2"}')
    assert found.row == {"InvoiceId": "2"}
    assert found.problems == ("InvoiceId stands there more than once",)


def page(text: str) -> ReceivedPage:
    return read_page(text.encode())


def ids(found: ReceivedPage) -> list[Any]:
    return [row.row.get("InvoiceId") for row in found.rows]


def test_a_row_that_cannot_be_read_costs_no_other() -> None:
    bad = [
        "null",
        "5",
        "[]",
        '{"InvoiceId": 01}',
        "[" * 5000 + "]" * 5000,
        '{"x": ' + "9" * 9999 + "}",
    ]
    rows = ", ".join(['{"InvoiceId": "1"}', *bad, '{"InvoiceId": "2"}'])
    found = page(f'{{"InvoiceSummaries": [{rows}], "NextToken": "t"}}')
    assert (found.problems, found.next_token) == ((), "t")
    assert ids(found) == ["1", None, None, None, None, None, None, "2"]


def test_bytes_that_are_not_utf_8_cost_nothing_but_themselves() -> None:
    found = read_page(
        b'{"InvoiceSummaries": [{"InvoiceId": "1", "BillType": "\xff"}, {"InvoiceId": "2"}]}'
    )
    assert (ids(found), found.problems) == (["1", "2"], ())
    assert [row.problems for row in found.rows] == [("it has bytes that are not UTF-8",), ()]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "AWS's answer cannot be read"),
        ("<html>Bad gateway</html>", "AWS's answer cannot be read: it is the text '<html>"),
        ("[]", "AWS's answer cannot be read"),
        ("{}", "it has no InvoiceSummaries"),
        ('{"InvoiceSummaries": null}', "its InvoiceSummaries is null, not a list"),
        ('{"InvoiceSummaries": {}}', "its InvoiceSummaries is an object, not a list"),
        ('{"InvoiceSummaries": "x"}', "its InvoiceSummaries is the text 'x', not a list"),
        ('{"InvoiceSummaries": [], "NextToken": 5}', "its NextToken is the number 5, not a text"),
        ('{"InvoiceSummaries": [], "NextToken": x}', "its NextToken cannot be read"),
        ('{"InvoiceSummaries": []} x', "it is broken off, or something follows it"),
        ('{"InvoiceSummaries": [], "InvoiceSummaries": []}', "it has a member twice"),
    ],
)
def test_a_page_that_is_no_answer_is_not_taken_for_an_empty_one(text: str, problem: str) -> None:
    found = page(text)
    assert found.rows == ()
    assert found.problems[0].startswith(problem)


def test_of_a_page_that_is_broken_off_the_rows_before_are_read() -> None:
    found = page('{"InvoiceSummaries": [{"InvoiceId": "1"}, {"InvoiceId": "2"}, {"Invo')
    assert ids(found) == ["1", "2", None]
    assert found.problems


@pytest.mark.parametrize("token", ["null", '""'])
def test_a_page_without_a_token_is_the_last_one(token: str) -> None:
    assert page(f'{{"InvoiceSummaries": [], "NextToken": {token}}}') == ReceivedPage()


def test_of_many_problems_the_first_are_reported() -> None:
    assert problems_text(("a", "b")) == "a; b"
    assert problems_text(("a", "b", "c", "d", "e")) == "a; b; c; and 2 more"


def test_a_whole_number_that_is_written_with_a_point_is_one() -> None:
    found = read_row('{"BillingPeriod": {"Month": 10.0, "Year": 2026.0}}')
    assert (found.row, found.problems) == ({"BillingPeriod": {"Month": 10, "Year": 2026}}, ())
    assert str(InvoiceSummary(found.row).billing_period(None)) == "2026-10"
