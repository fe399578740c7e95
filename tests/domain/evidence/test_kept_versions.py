import pytest

from lambdas.domain.evidence.kept_versions import KeptVersions, damage_of
from lambdas.domain.evidence.records import StoredObject

KEY = "invoices/2026-10/111122223333/2026-10_111122223333_INVOICE_1.pdf"
STORED = StoredObject(KEY, "v1", "a" * 64, 100)


def kept(
    version_id: str | None = "v1", size: int = 100, versions: int = 1, markers: int = 0
) -> KeptVersions:
    return KeptVersions(KEY, version_id, size, versions, markers)


def test_one_version_which_is_the_stored_one_is_right() -> None:
    assert kept().damage is None
    assert damage_of(STORED, {KEY: kept()}) is None


@pytest.mark.parametrize(
    ("lying", "said"),
    [
        (kept(None, 0, versions=1, markers=1), "is hidden by a delete marker"),
        (kept("v2", versions=2, markers=1), "was hidden by a delete marker and lies there again"),
        (kept("v1", versions=1, markers=1), "was hidden by a delete marker and lies there again"),
        (kept("v1", versions=2), "has 2 versions"),
    ],
)
def test_a_key_that_holds_anything_but_one_version_is_damaged(
    lying: KeptVersions, said: str
) -> None:
    found = lying.damage
    assert found is not None
    assert (found.code, found.severity, found.subject) == ("ARCHIVE_DAMAGED", "blocking", KEY)
    assert said in found.detail
    assert damage_of(STORED, {KEY: lying}) == found


@pytest.mark.parametrize(
    ("lying", "said"),
    [
        ({}, "is gone"),
        ({KEY: kept(size=99)}, "has 99 bytes"),
        ({KEY: kept("v2")}, "is another version"),
    ],
)
def test_a_key_that_holds_another_version_than_the_stored_one_is_damaged(
    lying: dict[str, KeptVersions], said: str
) -> None:
    found = damage_of(STORED, lying)
    assert found is not None
    assert said in found.detail
