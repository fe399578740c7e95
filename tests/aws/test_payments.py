import itertools
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest

from lambdas.aws import payments
from lambdas.aws.answers import keep_answers
from lambdas.aws.payer_role import NoAccess
from lambdas.aws.payments import Payments
from lambdas.aws.witness_errors import WitnessNotRead
from lambdas.domain.payments.payments_answer import PaymentsAnswer
from lambdas.domain.witnesses.refusals import refusals
from tests.aws.http_answers import Service
from tests.domain.payments.sent_records import record, record_id, summary

FROM, TO = date(2026, 10, 1), date(2026, 11, 13)
LIST, GET = "payments:ListFinancialRecords", "payments:BatchGetFinancialRecord"
SECRET = "not-to-be-repeated"
ISSUED = {
    "issuedAfter": datetime(2026, 10, 1, tzinfo=UTC).timestamp(),
    "issuedBefore": datetime(2026, 11, 13, tzinfo=UTC).timestamp(),
}
OPEN = {"settlementStatuses": ["OPEN"]}


def api() -> Service:
    service = Service("payments")
    keep_answers(service.client, "payments")
    return service


@pytest.fixture
def service() -> Iterator[Service]:
    """AWS Payments answering what a test says; all answers must be asked for."""
    one = api()
    yield one
    assert one.was_asked_all()


def page(*numbers: int, token: object = None) -> dict[str, Any]:
    listed: dict[str, Any] = {"financialRecordSummaries": [summary(one) for one in numbers]}
    return listed | ({} if token is None else {"nextToken": token})


def batch(*numbers: int, errors: dict[int, str] | None = None) -> dict[str, Any]:
    """Details of records; `errors` has codes by the number of the record."""
    return {
        "financialRecords": [record(one) for one in numbers],
        "errors": [
            {"key": {"identifier": record_id(number)}, "code": code, "message": SECRET}
            for number, code in (errors or {}).items()
        ],
    }


def answer(
    service: Service, *renewed: Service, open_records: tuple[int, ...] = (), calls: int = 1_000
) -> PaymentsAnswer:
    """The answer; `renewed` are asked one after another once credentials have ended, and the time
    is over after so many calls.
    """
    others, left = iter(renewed), iter(range(calls))
    asked = Payments(
        lambda: service.client,
        lambda: next(others).client,
        lambda: next(left, None) is not None,
    )
    found = asked.answer(FROM, TO, [record_id(one) for one in open_records])
    assert SECRET not in found.not_read
    return found


def not_read(service: Service, **limits: Any) -> str:
    with pytest.raises(WitnessNotRead) as failed:
        answer(service, **limits)
    assert SECRET not in str(failed.value)
    return str(failed.value)


def ids(found: PaymentsAnswer) -> list[str]:
    return [one.record_id for one in found.records]


def numbers(*wanted: int) -> list[str]:
    return [record_id(one) for one in wanted]


def keys(*wanted: int) -> dict[str, Any]:
    return {"keys": [{"identifier": record_id(one)} for one in wanted]}


def asks(**query: Any) -> dict[str, Any]:
    return {
        "types": ["INVOICE", "CREDIT_MEMO"],
        "sortBy": "ISSUED_AT",
        "sortOrder": "ASCENDING",
        "maxResults": 100,
        **query,
    }


def test_records_since_a_day_open_ones_of_any_day_and_those_open_before_are_asked_for(
    service: Service,
) -> None:
    service.answers(page(1, 2))
    service.answers(page(2, 3))
    service.answers(batch(1, 2, 3, 4))
    found = answer(service, open_records=(3, 4, 4))
    assert service.asked == [asks(**ISSUED), asks(**OPEN), keys(1, 2, 3, 4)]
    assert ids(found) == numbers(1, 2, 3, 4)
    assert (found.run_id, found.at) == (None, None)
    assert (found.issued_from, found.not_read) == (FROM, "")


def test_of_nothing_no_details_are_asked_for(service: Service) -> None:
    service.answers(page())
    service.answers(page())
    found = answer(service)
    assert (found.records, found.not_read) == ((), "")
    assert len(service.asked) == 2


def test_every_page_is_read_an_empty_one_with_a_token_too(service: Service) -> None:
    for one in (page(1, token="a"), page(token="b"), page(2)):
        service.answers(one)
    service.answers(page())
    service.answers(batch(2, 1))
    assert ids(answer(service)) == numbers(1, 2)
    assert [one.get("nextToken") for one in service.asked[:3]] == [None, "a", "b"]
    assert service.asked[2] == asks(**ISSUED, nextToken="b")


def test_details_are_asked_for_in_hundreds(service: Service) -> None:
    service.answers(page(*range(100), token="a"))
    service.answers(page(*range(100, 201)))
    service.answers(page())
    for part in (range(100), range(100, 200), range(200, 201)):
        service.answers(batch(*part))
    assert len(answer(service).records) == 201
    assert [len(one["keys"]) for one in service.asked[3:]] == [100, 100, 1]


def test_an_unknown_value_is_kept_and_an_unknown_member_ignored(service: Service) -> None:
    of_tomorrow = record(1, status="OF_TOMORROW", ofTomorrow=[{"x": 1.5}])
    service.answers(page(1) | {"ofTomorrow": 1})
    service.answers(page())
    service.answers({"financialRecords": [of_tomorrow], "errors": [], "ofTomorrow": {}})
    found = answer(service)
    assert [one.status for one in found.records] == ["OF_TOMORROW"]
    assert found.not_read == ""


NO_ANSWERS = [
    b"",
    b"<html>" + SECRET.encode(),
    b"\xff\xfe",
    b"[" * 100_000,
    b"[]",
    b"null",
    b"{}",
    b'{"financialRecordSummaries": null, "errors": [], "financialRecords": null}',
    b'{"financialRecordSummaries": {}, "errors": [], "financialRecords": {}}',
    b'{"financialRecordSummaries": [], "financialRecordSummaries": [], "errors": [], "errors": []}',
]


@pytest.mark.parametrize("body", NO_ANSWERS)
def test_an_answer_without_its_list_is_asked_for_again_and_then_no_empty_list(
    service: Service, body: bytes
) -> None:
    for _ in range(3):
        service.answers(body)
    assert f"AWS's answer to {LIST} " in not_read(service)


@pytest.mark.parametrize("body", NO_ANSWERS)
def test_a_batch_without_its_lists_is_asked_for_again_and_then_named(
    service: Service, body: bytes
) -> None:
    service.answers(page(1))
    service.answers(page())
    for _ in range(3):
        service.answers(body)
    assert f"AWS's answer to {GET} " in not_read(service)


def test_an_answer_that_is_none_once_does_no_harm(service: Service) -> None:
    for one in (b"{}", page(1), b"", page(), {"errors": []}, batch(1)):
        service.answers(one)
    assert answer(service).not_read == ""


@pytest.mark.parametrize("token", [5, {}, ["a"], True])
def test_a_page_token_that_is_no_text_makes_the_answer_none(service: Service, token: Any) -> None:
    for _ in range(3):
        service.answers(page(1, token=token))
    assert "has a nextToken that is no text" in not_read(service)


def test_pages_that_lead_back_are_named_and_what_they_showed_is_kept(service: Service) -> None:
    for one in (page(1, token="a"), page(2, token="b"), page(3, token="a"), page()):
        service.answers(one)
    service.answers(batch(1, 2, 3))
    found = answer(service)
    assert ids(found) == numbers(1, 2, 3)
    assert found.not_read == f"{LIST} leads back to an earlier page."


def test_pages_without_an_end_are_named_and_what_they_showed_is_kept(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(payments, "_MOST_PAGES", 2)
    for one in (page(1, token="a"), page(2, token="b"), page()):
        service.answers(one)
    service.answers(batch(1, 2))
    found = answer(service)
    assert ids(found) == numbers(1, 2)
    assert found.not_read == f"{LIST} has no end after 2 pages."


def refuses_token(service: Service) -> None:
    reason = "INVALID_PAGINATION_TOKEN"
    service.refuses("ValidationException", reason=reason, message=SECRET)


def test_a_stale_page_token_begins_the_listing_anew(service: Service) -> None:
    service.answers(page(1, token="a"))
    refuses_token(service)
    for one in (page(1, token="b"), page(2), page(), batch(1, 2)):
        service.answers(one)
    assert answer(service).not_read == ""
    assert [one.get("nextToken") for one in service.asked[:4]] == [None, "a", None, "b"]


def test_a_page_token_that_is_always_stale_is_no_refusal_and_what_was_listed_counts(
    service: Service,
) -> None:
    for _ in range(3):
        service.answers(page(1, token="a"))
        refuses_token(service)
    service.answers(batch(1))
    found = answer(service)
    assert ids(found) == numbers(1)
    assert found.not_read == f"AWS did not answer {LIST} (ValidationException)."
    assert refusals(found.not_read) == ()


def test_ended_credentials_are_renewed_in_a_listing_and_between_details(service: Service) -> None:
    first, second = api(), api()
    service.answers(page(1, token="a"))
    service.refuses("ExpiredTokenException")
    for one in (page(1, token="b"), page(2), page()):
        first.answers(one)
    first.refuses("UnrecognizedClientException")
    second.answers(batch(1, 2))
    assert ids(answer(service, first, second)) == numbers(1, 2)
    assert second.asked == [keys(1, 2)]
    assert first.was_asked_all()


def test_credentials_that_always_end_are_an_answer_that_is_missing_and_no_refusal(
    service: Service,
) -> None:
    others = [api(), api()]
    for one in (service, *others):
        one.refuses("ExpiredTokenException")
    with pytest.raises(WitnessNotRead, match="AWS did not answer"):
        answer(service, *others)


def test_a_role_that_can_no_longer_be_assumed_is_a_reason_and_no_outcome(
    service: Service,
) -> None:
    def renewed() -> Any:
        raise NoAccess("The role cannot be assumed.")

    service.refuses("ExpiredTokenException")
    with pytest.raises(WitnessNotRead, match=r"was not read: The role cannot be assumed\."):
        Payments(lambda: service.client, renewed, lambda: True).answer(FROM, TO, ())


def test_an_error_in_mid_pages_is_named_and_what_was_listed_before_counts(
    service: Service,
) -> None:
    service.answers(page(1, token="a"))
    service.refuses("ThrottlingException", message=SECRET)
    service.answers(batch(1))
    found = answer(service)
    assert ids(found) == numbers(1)
    assert found.not_read == f"AWS did not answer {LIST} (ThrottlingException)."


def test_an_error_between_batches_is_named_and_the_details_read_before_count(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(payments, "_LARGEST_PAGE", 1)
    service.answers(page(1, 2, 3))
    service.answers(page())
    service.answers(batch(1))
    service.refuses("InternalServerException", status=500)
    found = answer(service)
    assert ids(found) == numbers(1)
    assert found.not_read == f"AWS did not answer {GET} (InternalServerException)."


@pytest.mark.parametrize("calls", range(4))
def test_without_time_nothing_more_is_asked_and_what_was_read_counts(
    service: Service, monkeypatch: pytest.MonkeyPatch, calls: int
) -> None:
    monkeypatch.setattr(payments, "_LARGEST_PAGE", 1)
    for one in itertools.islice((page(1, 2), page(), batch(1), batch(2)), calls):
        service.answers(one)
    action = LIST if calls < 2 else GET
    reason = f"{action} was not read to its end: the time was over."
    if calls < 3:
        assert reason in not_read(service, calls=calls)
    else:
        found = answer(service, calls=calls)
        assert (ids(found), found.not_read) == (numbers(1), reason)


@pytest.mark.parametrize("reason", ["NOT_AUTHORIZED", "OF_TOMORROW", None])
@pytest.mark.parametrize("is_listed", [False, True])
def test_a_denial_names_the_action_and_the_permission_that_it_needs_too(
    service: Service, is_listed: bool, reason: str | None
) -> None:
    if is_listed:
        service.answers(page(1))
        service.answers(page())
    members = {"reason": reason} if reason else {}
    service.refuses("AccessDeniedException", message=SECRET, **members)
    sentence = not_read(service)
    assert sentence == (
        f"AWS denied {GET if is_listed else LIST} (AccessDeniedException), "
        "which needs the permission payments:GetPaymentStatus too."
    )
    assert refusals(sentence) == (sentence,)


def test_a_denial_by_the_accounts_state_is_another_sentence(service: Service) -> None:
    service.refuses("AccessDeniedException", message=SECRET, reason="INVALID_ACCOUNT_STATE")
    sentence = not_read(service)
    assert sentence == (
        f"AWS refused {LIST} (AccessDeniedException): the payer account is suspended or not fully "
        "registered."
    )
    assert refusals(sentence) == (sentence,)


def test_a_denial_for_another_reason_claims_nothing_about_permissions(service: Service) -> None:
    service.refuses("AccessDeniedException", message=SECRET, reason="OTHER")
    assert not_read(service) == f"AWS denied {LIST} (AccessDeniedException)."


def test_a_refused_question_is_named_by_its_code(service: Service) -> None:
    service.refuses("ValidationException", message=SECRET, reason="UNSUPPORTED_ACTION")
    assert not_read(service) == f"AWS refused {LIST} (ValidationException)."


def test_an_error_whose_body_cannot_be_read_is_an_answer_that_is_missing(service: Service) -> None:
    service.answers(b"<html>" + SECRET.encode(), status=503)
    assert not_read(service) == f"AWS did not answer {LIST} (503)."


def test_records_that_cannot_be_read_are_counted_and_the_others_count(service: Service) -> None:
    bad = [record(1, amount={"value": SECRET, "currency": "EUR"}), record(3, balances=None)]
    service.answers(page(1, 2, 3))
    service.answers(page())
    service.answers({"financialRecords": [*bad, record(2)], "errors": []})
    found = answer(service)
    assert ids(found) == numbers(2)
    assert found.not_read == (
        "2 financial records cannot be read, the first because its amount is no amount of money."
    )


def test_listed_rows_without_an_id_are_counted(service: Service) -> None:
    rows = [summary(1), summary(2, id=None), SECRET, {"id": SECRET}, None]
    service.answers({"financialRecordSummaries": rows})
    service.answers(page())
    service.answers(batch(1))
    found = answer(service)
    assert ids(found) == numbers(1)
    assert found.not_read == f"{LIST} lists 4 financial records without an id."


def test_a_record_that_aws_fails_to_give_is_asked_for_again(service: Service) -> None:
    service.answers(page(1, 2, 3))
    service.answers(page())
    service.answers(batch(2, errors={1: "INTERNAL_ERROR", 3: "NOT_FOUND"}))
    service.answers(batch(1, errors={3: "INTERNAL_ERROR"}))
    service.answers(batch(3))
    found = answer(service)
    assert (ids(found), found.not_read) == (numbers(1, 2, 3), "")
    assert service.asked[2:] == [keys(1, 2, 3), keys(1, 3), keys(3)]


def test_records_that_aws_never_gives_are_named_with_the_code_and_the_rest_counts(
    service: Service,
) -> None:
    errors = {1: "INTERNAL_ERROR", 3: "NOT_FOUND", 4: SECRET}
    service.answers(page(1, 2, 3, 4))
    service.answers(page())
    service.answers(batch(2, errors=errors))
    for _ in range(2):
        service.answers(batch(errors=errors))
    found = answer(service)
    assert ids(found) == numbers(2)
    assert found.not_read == (
        f"{GET} gave no details of 3 financial records: {record_id(1)} (INTERNAL_ERROR), "
        f"{record_id(3)} (NOT_FOUND), {record_id(4)} (an unknown code)."
    )


def test_a_key_that_the_answer_leaves_out_is_asked_for_again_and_named(service: Service) -> None:
    service.answers(page(1, 2))
    service.answers(page())
    broken = [{"key": SECRET, "code": "NOT_FOUND"}, SECRET, {"key": {"identifier": 5}}, None]
    service.answers({"financialRecords": [record(1)], "errors": broken})
    service.answers({"financialRecords": [SECRET, record(2, id=None)], "errors": []})
    service.answers(batch())
    found = answer(service)
    assert ids(found) == numbers(1)
    assert found.not_read == (
        f"{GET} gave no details of 1 financial record: {record_id(2)} (no answer)."
    )
    assert service.asked[3:] == [keys(2), keys(2)]


def test_a_record_that_was_not_asked_for_is_ignored(service: Service) -> None:
    service.answers(page(1))
    service.answers(page())
    service.answers(batch(1, 7))
    found = answer(service)
    assert (ids(found), found.not_read) == (numbers(1), "")


def test_a_record_counts_beside_an_error_of_the_same_key_and_the_first_of_two(
    service: Service,
) -> None:
    service.answers(page(1))
    service.answers(page())
    twice = batch(1, errors={1: "NOT_FOUND"})
    twice["financialRecords"].append(record(1, status="SETTLED"))
    service.answers(twice)
    found = answer(service)
    assert [one.status for one in found.records] == ["OUTSTANDING"]
    assert found.not_read == ""


def test_what_was_open_before_and_is_not_found_is_gone_and_not_asked_for_again(
    service: Service,
) -> None:
    service.answers(page(1))
    service.answers(page())
    service.answers(batch(1, errors=dict.fromkeys(range(2, 7), "NOT_FOUND")))
    found = answer(service, open_records=(2, 3, 4, 5, 6))
    assert ids(found) == numbers(1)
    assert (found.not_read, list(found.gone)) == ("", numbers(2, 3, 4, 5, 6))


def test_an_id_that_aws_would_not_accept_is_not_asked_for(service: Service) -> None:
    service.answers(page())
    service.answers(page())
    asked = Payments(lambda: service.client, lambda: None, lambda: True)
    assert asked.answer(FROM, TO, ["INV-1", SECRET * 100]).not_read == ""


def test_however_much_is_wrong_the_reason_stays_short(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(payments, "_TRIES", 1)
    service.answers(page(*range(100)))
    service.answers(page())
    service.answers(batch(errors=dict.fromkeys(range(100), "INTERNAL_ERROR")))
    assert len(answer(service).not_read) < 300


def test_the_requests_are_those_of_the_model_and_no_other_operation_is_called(
    service: Service,
) -> None:
    service.answers(page(1))
    service.answers(page())
    service.answers(batch(1))
    called: list[str] = []
    service.client.meta.events.register(
        "before-call.payments", lambda model, **_: called.append(model.name)
    )
    answer(service)
    assert called == ["ListFinancialRecords", "ListFinancialRecords", "BatchGetFinancialRecord"]
    assert json.loads(json.dumps(service.asked)) == service.asked
