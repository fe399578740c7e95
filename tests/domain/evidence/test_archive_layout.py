import re
from itertools import product

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lambdas.domain.evidence.archive_layout import (
    completeness_key,
    documents_prefix,
    evidence_payer,
    fetch_pass_key,
    invoice_document_stem,
    invoice_of_document,
    is_evidence,
    listing_key,
    manifest_key,
    manifest_sequence,
    manifests_prefix,
    record_key,
    record_sequence,
    records_prefix,
    revision_of_invoice_document,
    revision_stem,
    run_claim_key,
    run_payers_key,
    run_request_key,
    run_result_key,
    supplemental_document_stem,
)
from lambdas.domain.evidence.key_segments import safe_segment, type_word
from lambdas.domain.invoices.types import INVOICE_TYPES, SUPPLEMENT_TYPES
from tests.domain.examples import ACME, BOREAL, OCTOBER

LONGEST_EXTENSION = ".pdf"
PORTABLE_SEGMENT = re.compile(r"[A-Za-z0-9._-]*[A-Za-z0-9_-]")
DEVICES = {"con", "prn", "aux", "nul"} | {
    f"{port}{number}" for port in ("com", "lpt") for number in range(10)
}
HOSTILE_IDS = (
    "../../etc/passwd",
    "..",
    ".",
    "",
    "a/b",
    "a\\b",
    "line\nbreak",
    "nul\0",
    "=cmd|' /C calc'!A0",
    "-rf",
    "trailing.",
    "trailing ",
    "\ud800",
    "\udfff\ud800",
    "🧾🧾",
    "É",
    "é",
    "ß",
    "SS",
    "İ",
    "\u212a",  # the Kelvin sign, which lower() makes a k
    "k",
    "K",
    "x" * 1024,
    "X" * 1024,
    "😀" * 1024,
    "x" * 1023 + "y",
    "%2F",
    "C:\\CON",
)
any_text = st.text(
    st.characters(categories=("L", "M", "N", "P", "S", "Z", "Cc", "Cf", "Cs")), max_size=40
)
ids = any_text | st.sampled_from(HOSTILE_IDS)
type_values = (
    st.none() | st.sampled_from(INVOICE_TYPES + SUPPLEMENT_TYPES) | any_text | st.just("A" * 18)
)


def assert_portable(key: str) -> None:
    for segment in key.split("/"):
        assert PORTABLE_SEGMENT.fullmatch(segment), segment
        assert len(segment) <= 120, f"{len(segment)} bytes: {segment}"
        assert segment.partition(".")[0].casefold() not in DEVICES


def assert_distinct_without_case(names: dict[str, object], name: str, source: object) -> None:
    assert names.setdefault(name.casefold(), source) == source, f"{name}: also of {source!r}"


def test_an_invoice_document_has_the_name_that_finance_was_promised() -> None:
    stem = invoice_document_stem(OCTOBER, ACME, "INVOICE", "2609293185")
    assert stem == "invoices/2026-10/111122223333/2026-10_111122223333_INVOICE_2609293185"
    assert supplemental_document_stem(stem, "TAX_E_INVOICE", "TX-7", 1) == (
        f"{stem}_TAX_E_INVOICE_TX-7"
    )


@pytest.mark.parametrize(
    "usual",
    ["2609293185", "EUINAE26-1234567", "SGIN26-42", "EINBR26-00012", "AWSI-INV-77", "IINSE26"],
)
def test_usual_invoice_ids_stay_as_they_are(usual: str) -> None:
    assert safe_segment(usual) == usual


@given(ids)
def test_any_text_becomes_a_portable_segment(text: str) -> None:
    segment = safe_segment(text)
    assert_portable(segment)
    assert "." not in segment
    assert len(segment) <= 32


@given(ids, ids)
@example("con", "CON")
@example("ab_l0", "ab")
@example("A" * 40, "a" * 40)
def test_two_texts_never_share_a_segment_even_without_regard_to_case(one: str, other: str) -> None:
    if one != other:
        assert safe_segment(one).casefold() != safe_segment(other).casefold()


def test_no_two_short_texts_of_the_escapes_own_letters_share_a_segment() -> None:
    names: dict[str, object] = {}
    for length in range(5):
        for letters in product("aAbEl_h05-N", repeat=length):
            text = "".join(letters)
            assert_distinct_without_case(names, safe_segment(text), text)


def test_the_long_and_the_hostile_have_names_of_their_own() -> None:
    names: dict[str, object] = {}
    for text in HOSTILE_IDS:
        assert_distinct_without_case(names, safe_segment(text), text)
    assert len(names) == len(HOSTILE_IDS)


@pytest.mark.parametrize("device", sorted(DEVICES))
def test_an_id_that_is_a_windows_device_is_escaped(device: str) -> None:
    for text in (device, device.upper(), device.title()):
        assert safe_segment(text).casefold() not in DEVICES


@given(type_values, ids, type_values, ids | st.none(), st.integers(1, 999))
@example("A" * 18, "x" * 40, "GOVERNMENT_INVOICE", "y" * 1024, 1)
@example("INVOICE", "x" * 40, "GOVERNMENT_INVOICE", "y" * 1024, 1)
def test_every_document_key_is_portable_and_short(
    invoice_type: str | None,
    invoice_id: str,
    document_type: str | None,
    document_id: str | None,
    ordinal: int,
) -> None:
    stem = invoice_document_stem(OCTOBER, ACME, invoice_type, invoice_id)
    supplemental = supplemental_document_stem(stem, document_type, document_id, ordinal)
    for one in (stem, supplemental):
        assert_portable(one + LONGEST_EXTENSION)


@given(type_values, ids, st.sampled_from(SUPPLEMENT_TYPES), ids, st.integers(2, 99))
@example("INVOICE", "x" * 40, "GOVERNMENT_INVOICE", "y" * 1024, 2)
def test_every_revision_key_is_portable_and_short(
    invoice_type: str | None, invoice_id: str, document_type: str, document_id: str, number: int
) -> None:
    stem = invoice_document_stem(OCTOBER, ACME, invoice_type, invoice_id)
    supplemental = supplemental_document_stem(stem, document_type, document_id, 1)
    for one in (stem, supplemental):
        assert_portable(revision_stem(one, number) + LONGEST_EXTENSION)


def test_no_two_documents_of_any_invoices_share_a_key() -> None:
    types = (*INVOICE_TYPES, None, "CREDIT", "UNTYPED", "OTHER", "OTHER_X", "OTHER-X", "X", "", "i")
    invoice_ids = ("1", "A", "a", "MEMO", "MEMO_1", "1_TAX_E_INVOICE_2", "1_r2", "", "_n1", "CON")
    kinds = (*SUPPLEMENT_TYPES, None, "TAX", "UNTYPED", "A_B", "A-B")
    document_ids = ("2", "a", "A", "n1", "_n1", "", "E_INVOICE_2", "2_r2", "x" * 50, "X" * 50)
    names: dict[str, object] = {}
    for invoice_type, invoice_id in product(types, invoice_ids):
        stem = invoice_document_stem(OCTOBER, ACME, invoice_type, invoice_id)
        stems = {(invoice_type, invoice_id): stem}
        for kind, document_id in product(kinds, document_ids):
            stems[invoice_type, invoice_id, kind, document_id] = supplemental_document_stem(
                stem, kind, document_id, 1
            )
        for kind, ordinal in product(kinds, (1, 2, 11)):
            stems[invoice_type, invoice_id, kind, ordinal] = supplemental_document_stem(
                stem, kind, None, ordinal
            )
        for source, one in stems.items():
            assert_distinct_without_case(names, one, source)
            assert_distinct_without_case(names, revision_stem(one, 2), (*source, "revision 2"))
    assert len(names) > 20_000


@given(type_values, ids, type_values, ids | st.none(), st.integers(1, 99))
@example("INVOICE", "1_TAX_E_INVOICE_2", "SUPPLEMENT", "_r2", 1)
@example("A" * 18, "x" * 40, None, None, 2)
def test_the_name_of_each_document_shows_its_invoice_whatever_the_types(
    invoice_type: str | None,
    invoice_id: str,
    document_type: str | None,
    document_id: str | None,
    ordinal: int,
) -> None:
    stem = invoice_document_stem(OCTOBER, ACME, invoice_type, invoice_id)
    supplemental = supplemental_document_stem(stem, document_type, document_id, ordinal)
    for one in (stem, supplemental, revision_stem(stem, 2), revision_stem(supplemental, 2)):
        assert invoice_of_document(one) == (stem, safe_segment(invoice_id))


@pytest.mark.parametrize(
    "other",
    [
        "records/2026-10/111122223333/1/0001",
        "invoices/2026-10/2026-10_111122223333_INVOICE_1",
        "invoices/2026-10/111122223333/2026-10_111122223333_1",
        "invoices/2026-10/111122223333/notes",
        "",
    ],
)
def test_the_name_of_anything_else_shows_no_invoice(other: str) -> None:
    assert invoice_of_document(other) is None


def test_the_payer_account_of_evidence_is_twelve_digits_of_its_key() -> None:
    for key in ("invoices/2026-10/111122223333/a.pdf", "records/2026-10/111122223333/1/0001.json"):
        assert evidence_payer(key) == ACME
    for key in ("invoices/2026-10/a.pdf", "invoices/2026-10/x/a.pdf", "periods/2026-10/index.html"):
        assert evidence_payer(key) is None


@given(st.lists(st.none() | any_text | st.sampled_from(INVOICE_TYPES), unique=True, max_size=8))
def test_no_unknown_type_imitates_another(values: list[str | None]) -> None:
    words = {type_word(value, INVOICE_TYPES).casefold() for value in values}
    assert len(words) == len(values)


def test_an_unknown_type_is_marked_as_other() -> None:
    assert type_word("DEBIT_NOTE", INVOICE_TYPES) == "OTHER-DEBIT-NOTE"
    assert type_word("../x", INVOICE_TYPES).startswith("OTHER--")
    assert type_word(None, INVOICE_TYPES) == "UNTYPED"


@pytest.mark.parametrize("document_id", ["X", None])
def test_the_ordinal_tells_supplements_of_one_type_and_id_apart(document_id: str | None) -> None:
    stem = invoice_document_stem(OCTOBER, ACME, "INVOICE", "1")
    stems = {
        supplemental_document_stem(stem, "SUPPLEMENT", document_id, ordinal)
        for ordinal in range(1, 9)
    }
    assert len(stems) == 8


@given(ids, st.integers(1, 99_999))
def test_a_record_key_shows_its_chain_and_its_number(invoice_id: str, sequence: int) -> None:
    key = record_key(OCTOBER, ACME, invoice_id, sequence)
    assert_portable(key)
    assert key.startswith(records_prefix(OCTOBER, ACME))
    assert record_sequence(key) == (key.rpartition("/")[0], sequence)


def test_the_records_of_two_payer_accounts_lie_apart() -> None:
    assert record_key(OCTOBER, ACME, "1", 1) != record_key(OCTOBER, BOREAL, "1", 1)
    assert not records_prefix(OCTOBER, ACME).startswith(records_prefix(OCTOBER, BOREAL))


def test_a_prefix_of_one_payer_account_holds_no_other_payers_keys() -> None:
    assert documents_prefix(OCTOBER, "1") == "invoices/2026-10/1/"
    assert documents_prefix(OCTOBER) == "invoices/2026-10/"


@given(st.integers(1, 99_999))
def test_a_manifest_key_shows_its_number(sequence: int) -> None:
    key = manifest_key(OCTOBER, sequence)
    assert_portable(key)
    assert key.startswith(manifests_prefix(OCTOBER))
    assert manifest_sequence(key) == sequence


@pytest.mark.parametrize(
    "key",
    [
        completeness_key(OCTOBER),
        run_claim_key("r"),
        run_request_key("r"),
        run_payers_key("r"),
        run_result_key("r"),
        listing_key("r", ACME),
        fetch_pass_key("r", ACME, 3),
        "periods/2026-10/manifests/manifest-0001.json.bak",
        "runs/periods/2026-10/manifests/manifest-0001.json",
        "README.txt",
    ],
)
def test_views_and_run_files_are_no_evidence(key: str) -> None:
    assert_portable(key)
    assert not is_evidence(key)
    assert record_sequence(key) is None
    assert manifest_sequence(key) is None


@pytest.mark.parametrize(
    "key",
    [
        invoice_document_stem(OCTOBER, ACME, "INVOICE", "1") + ".pdf",
        record_key(OCTOBER, ACME, "1", 1),
        manifest_key(OCTOBER, 1),
    ],
)
def test_documents_records_and_manifests_are_evidence(key: str) -> None:
    assert is_evidence(key)


def test_the_files_of_a_run_have_keys_of_their_own() -> None:
    keys = [
        run_claim_key("r"),
        run_request_key("r"),
        run_payers_key("r"),
        run_result_key("r"),
        listing_key("r", ACME),
        listing_key("r", BOREAL),
        fetch_pass_key("r", ACME, 1),
        fetch_pass_key("r", ACME, 2),
        run_claim_key("r2"),
    ]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize("invoice_id", ["2609293185", "a_r2", "INVOICE", "../x"])
def test_an_invoice_document_and_its_revisions_are_distinguished_from_its_supplements(
    invoice_id: str,
) -> None:
    stem = invoice_document_stem(OCTOBER, ACME, "INVOICE", invoice_id)
    assert revision_of_invoice_document(stem) == (stem, 1)
    assert revision_of_invoice_document(revision_stem(stem, 12)) == (stem, 12)
    supplement = supplemental_document_stem(stem, "SUPPLEMENT", "r2", 1)
    assert revision_of_invoice_document(supplement) is None
    assert revision_of_invoice_document(revision_stem(supplement, 2)) is None
    assert revision_of_invoice_document("README") is None
