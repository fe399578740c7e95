from dataclasses import replace
from typing import Any

import pytest

from lambdas.aws.manifest_heads import ManifestHeads
from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.evidence.manifest_heads import ManifestHead

OCTOBER = BillingPeriod(2026, 10)
HEAD = ManifestHead(OCTOBER, 7, "a" * 64, "run-1")


@pytest.fixture
def heads(dynamodb: Any) -> ManifestHeads:
    return ManifestHeads(dynamodb, "heads")


def test_a_period_has_no_head_until_one_is_set(heads: ManifestHeads) -> None:
    assert heads.read(OCTOBER) is None
    heads.advance(HEAD)
    assert heads.read(OCTOBER) == HEAD
    assert heads.read(BillingPeriod(2026, 9)) is None


def test_a_head_moves_forward_and_never_back_or_aside(heads: ManifestHeads) -> None:
    heads.advance(HEAD)
    further = replace(HEAD, sequence=10, sha256="b" * 64)
    heads.advance(further)
    for other in (HEAD, replace(further, sha256="c" * 64), replace(HEAD, sequence=9)):
        heads.advance(other)
        assert heads.read(OCTOBER) == further
