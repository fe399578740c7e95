"""Keeping the proof of the manifests while everything else of the embedded AWS is made anew.

On AWS the signing key and the table of latest-manifest records outlive the stack. ministack forgets
both with its control plane, and a new key could continue no chain. So after every graceful end the
key's private half and the records are noted, and a new control plane gets them while it is down.
"""

import json
from pathlib import Path
from typing import Any

from sandbox.places import Places
from sandbox.private_files import write_private

_SIGNING = "ECC_NIST_P256"
_MATERIAL = ("_private_key_pem", "_public_key_der_b64")


def remember(places: Places) -> None:
    """Note key and latest-manifest records of a complete deployment; else leave the last note
    alone.
    """
    try:
        keys, tables = _read(places, "kms"), _read(places, "dynamodb")
        (key,), (table,) = _signing_keys(keys), _tables(tables)
        note = json.dumps({"key": {name: key[name] for name in _MATERIAL}, "heads": table["items"]})
    except (OSError, ValueError, LookupError, TypeError):
        return
    write_private(places.chain, note)


def put_back(places: Places) -> None:
    """Give a new deployment the noted key and records, if any. ministack must be down."""
    if not places.chain.exists():
        return
    note = json.loads(places.chain.read_bytes())
    keys, tables = _read(places, "kms"), _read(places, "dynamodb")
    (key,), (table,) = _signing_keys(keys), _tables(tables)
    key.update(note["key"])
    table["items"] = note["heads"]
    write_private(_state(places, "kms"), json.dumps(keys))
    write_private(_state(places, "dynamodb"), json.dumps(tables))


def _signing_keys(state: Any) -> list[dict[str, Any]]:
    keys = state["payload"]["keys"]["data"].values()
    return [key for key in keys if key["KeySpec"] == _SIGNING]


def _tables(state: Any) -> list[dict[str, Any]]:
    return list(state["payload"]["tables"]["data"].values())


def _read(places: Places, service: str) -> Any:
    return json.loads(_state(places, service).read_bytes())


def _state(places: Places, service: str) -> Path:
    return places.state / f"{service}.json"
