import hashlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.errors import InvalidRegister
from lambdas.domain.runs.payer_register import Payer, PayerRegister, parse_register
from tests.domain.examples import ACME, BOREAL

HEADER = "account_id,name,role_arn,legal_entity,owner,active_from,active_to\n"


def parse(text: str) -> PayerRegister:
    return parse_register(text.encode(), "payers.csv")


def problems(content: str | bytes) -> list[str]:
    with pytest.raises(InvalidRegister) as refused:
        parse_register(content.encode() if isinstance(content, str) else content, "payers.csv")
    return list(refused.value.problems)


def test_a_full_row_is_read_as_text_and_periods() -> None:
    role = f"arn:aws:iam::{BOREAL}:role/finance/Reader"
    register = parse(f"{HEADER}{BOREAL},Boreal AG,{role},Boreal Holding,Ada,2026-01,2026-12\n")
    assert register.payers == (
        Payer(
            BOREAL,
            "Boreal AG",
            role,
            "Boreal Holding",
            "Ada",
            BillingPeriod(2026, 1),
            BillingPeriod(2026, 12),
        ),
    )


def test_the_register_shows_the_hash_of_the_file() -> None:
    content = f"account_id,name\n{ACME},Acme\n".encode()
    assert parse_register(content, "x").sha256 == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize(
    "text",
    [
        f"account_id,name\n{ACME},Acme\n{BOREAL},Boreal\n",
        f"\ufeffaccount_id,name\n{ACME},Acme\n{BOREAL},Boreal\n",
        f"account_id;name\n{ACME};Acme\n{BOREAL};Boreal\n",
        f"account_id,name\r\n{ACME},Acme\r\n{BOREAL},Boreal\r\n",
        f"account_id,name\r{ACME},Acme\r{BOREAL},Boreal\r",
        f'"account_id","name"\n"{ACME}","Acme"\n"{BOREAL}","Boreal"',
        f" Account_ID , NAME \n {ACME} , Acme \n\n{BOREAL},Boreal\n,\n \n",
        f"name,account_id\nAcme,{ACME}\nBoreal,{BOREAL}\n",
    ],
    ids=["plain", "BOM", "semicolons", "CRLF", "CR", "quoted", "spaces and blank lines", "order"],
)
def test_the_register_is_read_as_spreadsheets_write_it(text: str) -> None:
    assert [(payer.account_id, payer.name) for payer in parse(text).payers] == [
        (ACME, "Acme"),
        (BOREAL, "Boreal"),
    ]


def test_a_name_may_hold_commas_quotes_and_letters_of_any_language() -> None:
    assert parse(f'account_id,name\n{ACME},"Müller, Söhne ""AG"" 株式会社"\n').payers[0].name == (
        'Müller, Söhne "AG" 株式会社'
    )


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (
            "44455556666,Boreal",
            "account_id '44455556666' has 11 digits, not 12; a spreadsheet drops leading zeros: "
            "format the column as text and write '044455556666' if that is the account",
        ),
        ("1111222233334,Acme", "account_id '1111222233334' is not twelve digits"),
        (
            "1.11122E+11,Acme",
            "account_id '1.11122E+11' was turned into a number by a spreadsheet; format the column "
            "as text and write the twelve digits",
        ),
        ('"1,11122e+11",Acme', "account_id '1,11122e+11' was turned into a number by"),
        ("1111-2222-3333,Acme", "account_id '1111-2222-3333' is not twelve digits"),
        (
            "\uff11\uff11\uff11\uff11\uff12\uff12\uff12\uff12\uff13\uff13\uff13\uff13,A",
            "is not twelve digits",
        ),
        ("111122223333," + "x" * 1_001, "name has more than 1,000 characters"),
        (",Acme", "account_id is empty; write the payer account's twelve digits"),
        (f"{ACME},", "name is empty; write the name that people know this payer account by"),
        (f"{ACME},   ", "name is empty"),
    ],
)
def test_a_wrong_account_or_name_is_reported_with_its_line(row: str, expected: str) -> None:
    (problem,) = problems(f"account_id,name\n{BOREAL},Boreal\n{row}\n")
    assert problem.startswith("payers.csv line 3: ")
    assert expected in problem


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ("Reader,,,,", "role_arn 'Reader' is no role ARN such as arn:aws:iam::111122223333:role/"),
        (f"arn:aws:iam::{ACME}:user/x,,,,", "is no role ARN"),
        (f"arn:aws:iam::{ACME}:role/,,,,", "is no role ARN"),
        (
            f"arn:aws:iam::{BOREAL}:role/Reader,,,,",
            f"is a role of account {BOREAL}, not of '{ACME}'",
        ),
        (",,,2026-13,", "active_from '2026-13' is not a billing period"),
        (",,,,01.10.2026", "active_to '01.10.2026' is not a billing period"),
        (",,,1999-01,", "active_from '1999-01' is outside the years 2005 to 2050"),
        (",,,2026-10,2026-09", "active_to 2026-09 is before active_from 2026-10"),
    ],
)
def test_a_wrong_optional_cell_is_reported_with_its_line(cells: str, expected: str) -> None:
    (problem,) = problems(f"{HEADER}{ACME},Acme,{cells}\n")
    assert problem.startswith("payers.csv line 2: ")
    assert expected in problem


def test_a_duplicate_names_both_lines() -> None:
    assert problems(f"account_id,name\n{ACME},Acme\n{BOREAL},Boreal\n{ACME},Acme again\n") == [
        f"payers.csv line 4: account_id '{ACME}' is already on line 2; keep one of the two lines"
    ]


def test_a_duplicate_of_a_row_with_another_problem_is_a_duplicate_too() -> None:
    assert len(problems(f"account_id,name\n{ACME},\n{ACME},Acme\n")) == 2


@pytest.mark.parametrize(
    ("row", "cells"), [(ACME, 1), (f"{ACME},Acme,extra", 3), (f"{ACME},Smith, Jones", 3)]
)
def test_a_row_with_another_number_of_cells_is_reported(row: str, cells: int) -> None:
    assert problems(f"account_id,name\n{row}\n") == [
        f"payers.csv line 2 has {cells} cells, the header has 2 columns"
    ]


@pytest.mark.parametrize("content", ["", "\n", "\ufeff", " , \n"])
def test_of_an_empty_register_the_error_says_what_its_first_line_must_be(content: str) -> None:
    assert problems(content) == [
        "payers.csv is empty; its first line must name the columns, at least account_id,name"
    ]


@pytest.mark.parametrize("content", ["account_id,name\n", "account_id,name\n\n,\n"])
def test_a_register_without_a_payer_account_is_refused(content: str) -> None:
    assert problems(content) == [
        "payers.csv lists no payer account; add a line with account_id and name for each"
    ]


def test_every_problem_of_the_header_is_reported_at_once() -> None:
    found = problems("account,NAME,name,role_arn\n")
    assert found == [
        "payers.csv line 1: column 'account_id' is missing",
        "payers.csv line 1: unknown column 'account'; the columns are account_id, name, role_arn, "
        "legal_entity, owner, active_from, active_to, owner_email",
        "payers.csv line 1: column 'name' stands 2 times",
    ]


def test_every_problem_of_the_rows_is_reported_at_once_in_the_order_of_lines() -> None:
    found = problems(
        f"{HEADER}"
        f"44455556666,,arn:aws:iam::{ACME}:role/R,,,2026-13,x\n"
        f"{ACME},Acme,,,,,\n"
        "short\n"
        f"{ACME},Acme,,,,2026-02,2026-01\n"
    )
    assert [problem.split(":")[0].split(" has")[0] for problem in found] == [
        *["payers.csv line 2"] * 5,
        "payers.csv line 4",
        *["payers.csv line 5"] * 2,
    ]


def test_bytes_that_are_not_utf_8_are_reported_with_their_line() -> None:
    latin = f"account_id,name\n{ACME},Acme\n{BOREAL},M\u00fcller\n".encode("latin-1")
    assert problems(latin) == ["payers.csv line 3 is not UTF-8; save it as 'CSV UTF-8'"]
    utf_16 = f"account_id,name\n{ACME},Acme\n".encode("utf-16")
    assert problems(utf_16) == ["payers.csv line 1 is not UTF-8; save it as 'CSV UTF-8'"]


def test_a_quoted_cell_may_span_lines_and_later_line_numbers_stay_right() -> None:
    (problem,) = problems(f'account_id,name\n{ACME},"Acme\nInc."\nshort-id,Boreal\n')
    assert problem.startswith("payers.csv line 4: ")


def test_a_row_that_spans_lines_is_reported_by_the_line_on_which_it_begins() -> None:
    (problem,) = problems(f'account_id,name\n{ACME},Acme\nshort-id,"Boreal\nHolding\nAG"\n')
    assert problem.startswith("payers.csv line 3: ")


@pytest.mark.parametrize(
    "text",
    [
        f'account_id,name\n{ACME},"Acme\n{BOREAL},Boreal\n',
        f'account_id,name\n{ACME},"Acme\n{BOREAL},"Boreal"\n',
        f'account_id,name\n{ACME},Acme\n"{BOREAL},Boreal\n',
    ],
)
def test_a_quote_that_is_never_closed_cannot_swallow_payer_accounts(text: str) -> None:
    assert problems(text)


def test_a_cell_beyond_the_parsers_limit_is_a_problem_of_the_register() -> None:
    assert problems(f'account_id,name\n{ACME},"{"x" * 200_000}\n')


@given(st.text(max_size=80) | st.binary(max_size=80))
def test_any_file_is_either_a_register_or_refused_with_problems(content: str | bytes) -> None:
    raw = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    for prefix in (b"", b"account_id,name\n", f"account_id,name\n{ACME},".encode()):
        try:
            found = parse_register(prefix + raw, "payers.csv").payers
        except InvalidRegister as refused:
            found = refused.problems
        assert found


def test_a_payer_is_active_in_both_its_first_and_its_last_period() -> None:
    payer = Payer(ACME, "Acme", "", "", "", BillingPeriod(2026, 2), BillingPeriod(2026, 4))
    assert [month for month in range(1, 6) if payer.is_active_in(BillingPeriod(2026, month))] == [
        2,
        3,
        4,
    ]
    assert Payer(ACME, "Acme").is_active_in(BillingPeriod(2006, 1))


def test_a_payer_reads_back_from_the_runs_request() -> None:
    register = parse(
        f"{HEADER}{BOREAL},B,arn:aws:iam::{BOREAL}:role/R,L,O,2026-01,2026-12\n{ACME},A,,,,,\n"
    )
    assert tuple(Payer.from_data(payer.to_data()) for payer in register.payers) == register.payers


def test_a_row_that_describes_no_payer_is_refused_with_its_problems() -> None:
    with pytest.raises(InvalidRegister, match="account_id is empty") as refused:
        Payer.from_data({"account_id": "", "name": ""})
    assert len(refused.value.problems) == 2


@pytest.mark.parametrize("odd", [None, False, 0, [], {}, 7, ["x"]])
@pytest.mark.parametrize("column", ["account_id", "name", "role_arn", "active_from"])
def test_a_stored_cell_that_is_no_text_is_not_understood(column: str, odd: Any) -> None:
    row = Payer(ACME, "Acme").to_data()
    with pytest.raises(TypeError, match="no text"):
        Payer.from_data(row | {column: odd})
