"""The saved state says which versions are locked; a run that was killed saved nothing."""

import json
from pathlib import Path
from typing import Any

import pytest

from sandbox.kept_locks import kept_locks
from sandbox.places import Places
from sandbox.program import ACCOUNT_ID

LOCK = {"Mode": "GOVERNANCE", "RetainUntilDate": "2036-12-31T00:00:00Z"}


def state(*versions: tuple[str, str, str | None]) -> dict[str, Any]:
    names = {f"{ACCOUNT_ID}\0{version!r}": LOCK for version in versions}
    return {"payload": {"object_retention": {"__scoped__": True, "data": names}}}


@pytest.fixture
def places(tmp_path: Path) -> Places:
    places = Places.under(tmp_path, tmp_path)
    places.state.mkdir(parents=True)
    return places


def test_the_locked_versions_of_a_bucket_are_in_its_state(places: Places) -> None:
    saved = state(("archive", "a/b 'c'.pdf", "v1"), ("archive", "d", "v2"), ("other", "e", "v3"))
    (places.state / "s3.json").write_text(json.dumps(saved))
    assert kept_locks(places, "archive") == {("a/b 'c'.pdf", "v1"), ("d", "v2")}


@pytest.mark.parametrize("saved", [None, "", "[]", "{}", '{"payload": {}}', '{"payload": {"obj'])
def test_without_a_readable_state_nothing_is_locked(places: Places, saved: str | None) -> None:
    if saved is not None:
        (places.state / "s3.json").write_text(saved)
    assert kept_locks(places, "archive") == set()
