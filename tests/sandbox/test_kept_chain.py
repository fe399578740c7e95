"""The signing key and the heads outlive a control plane that is made anew."""

import json
from pathlib import Path
from typing import Any

import pytest

from sandbox.kept_chain import put_back, remember
from sandbox.places import Places


@pytest.fixture
def places(tmp_path: Path) -> Places:
    places = Places.under(tmp_path, tmp_path)
    deploy(places, "first")
    return places


def deploy(places: Places, secret: str, heads: dict[str, Any] | None = None) -> None:
    """The state that ministack leaves of a deployment: three keys, one of them signing; a table."""
    keys = {
        name: {"KeySpec": spec, "_private_key_pem": secret, "_public_key_der_b64": secret.upper()}
        for name, spec in (("a", "SYMMETRIC_DEFAULT"), ("b", "ECC_NIST_P256"))
    }
    write(places, "kms", {"payload": {"keys": {"data": keys}}})
    table = {"TableName": f"heads-of-{secret}", "items": heads or {}}
    write(places, "dynamodb", {"payload": {"tables": {"data": {"t": table}}}})


def write(places: Places, service: str, content: object) -> None:
    places.state.mkdir(parents=True, exist_ok=True)
    (places.state / f"{service}.json").write_text(json.dumps(content))


def signing(places: Places) -> tuple[str, str]:
    keys = json.loads((places.state / "kms.json").read_text())["payload"]["keys"]["data"]
    assert keys["a"]["_private_key_pem"] != keys["b"]["_public_key_der_b64"]
    return keys["b"]["_private_key_pem"], keys["b"]["_public_key_der_b64"]


def heads(places: Places) -> object:
    tables = json.loads((places.state / "dynamodb.json").read_text())["payload"]["tables"]["data"]
    return tables["t"]["items"]


def test_a_new_control_plane_signs_with_the_old_key_and_knows_the_old_heads(
    places: Places,
) -> None:
    deploy(places, "first", {"2026-10": {"sequence": {"N": "3"}}})
    remember(places)
    deploy(places, "second")
    put_back(places)
    assert signing(places) == ("first", "FIRST")
    assert heads(places) == {"2026-10": {"sequence": {"N": "3"}}}


@pytest.mark.parametrize("content", ["", "{", "{}", "[]", '{"payload": {"keys": {"data": {}}}}'])
def test_a_state_that_cannot_be_read_leaves_the_last_note_alone(
    places: Places, content: str
) -> None:
    remember(places)
    note = places.chain.read_bytes()
    (places.state / "kms.json").write_text(content)
    remember(places)
    assert places.chain.read_bytes() == note


def test_a_state_that_is_gone_leaves_the_last_note_alone(places: Places) -> None:
    remember(places)
    (places.state / "dynamodb.json").unlink()
    remember(places)
    assert places.chain.exists()


def test_without_a_note_a_new_control_plane_stays_as_it_is(places: Places) -> None:
    put_back(places)
    assert signing(places) == ("first", "FIRST")


def test_the_note_is_for_its_owner_alone(places: Places) -> None:
    remember(places)
    assert places.chain.stat().st_mode & 0o077 == 0
