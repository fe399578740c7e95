import json

from lambdas.domain.runs.fetch_pass import FetchPass
from tests.domain.examples import archived, outstanding


def test_a_pass_reads_back_and_names_every_invoice_that_it_dealt_with() -> None:
    one = FetchPass("CHECKED", "", (archived("1"), archived("2")), (outstanding("3"),))
    back = FetchPass.from_data(json.loads(json.dumps(one.to_data())))
    assert back == one
    assert list(back.invoice_ids()) == ["1", "2", "3"]


def test_a_pass_that_leaves_work_to_another_has_no_outcome() -> None:
    one = FetchPass(None, "", (archived("1"),))
    assert FetchPass.from_data(json.loads(json.dumps(one.to_data()))).outcome is None
