"""A deployed archive at rest, as files: what a release left in its bucket, table and key, and what
AWS goes on saying, so that every later state of the code can be run over it.

`keep` writes such a release, `restore` puts it into a world: bucket with versions, metadata and
locks, items of the table, signing key, payer register, and the catalogue that AWS answers from.
"""

import base64
import hashlib
import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from lambdas.handlers import enumerate_payer_accounts
from sandbox.invoicing.catalogue import (
    BillingTransfer,
    CatalogueInvoice,
    CostLine,
    Document,
    InvoiceUnit,
    SupplementalDocument,
)
from tests.fake_kms import FakeKms
from tests.handlers.conftest import BUCKET, HEADS, World

_OBJECTS, _STORE, _AWS, _DOCUMENTS = "objects/", "store.json", "aws.json", "documents/"
_ZIPPED_AT = (2026, 11, 30, 0, 0, 0)


def keep(world: World, file: Path) -> None:
    """Write the world's archive and what AWS has into one zip file."""
    documents: dict[str, bytes] = {}

    def keep_document(document: Document) -> dict[str, Any]:
        content = document.read()
        name = hashlib.sha256(content).hexdigest()
        documents[name] = content
        return {**vars(document), "content": name}

    aws = {
        "payers": {
            payer: [_invoice_data(one, keep_document) for one in invoices]
            for payer, invoices in world.catalogue.payers.items()
        },
        "charges": {
            payer: [asdict(line) for line in lines]
            for payer, lines in world.catalogue.charges.items()
        },
        "units": {
            payer: [asdict(one) for one in units] for payer, units in world.catalogue.units.items()
        },
        "transfers": [asdict(one) for one in world.catalogue.moves],
        "standalone": sorted(world.catalogue.standalone),
    }
    keys = sorted(world.keys())
    store = {
        "objects": {key: object_data(world, key) for key in keys},
        "heads": world.dynamodb.scan(TableName=HEADS)["Items"],
        "signing_key": hex(world.kms.private_value),
        "register": enumerate_payer_accounts.REGISTER.read_text(),
    }
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        _write(archive, _STORE, _to_json(store))
        _write(archive, _AWS, _to_json(aws))
        for key in keys:
            _write(archive, _OBJECTS + key, world.content(key))
        for name, content in sorted(documents.items()):
            _write(archive, _DOCUMENTS + name, content)


def restore(world: World, file: Path) -> None:
    """Put a kept release into an empty world."""
    with zipfile.ZipFile(file) as archive:
        store, aws = (json.loads(archive.read(one), object_hook=_read) for one in (_STORE, _AWS))
        contents = {
            name.removeprefix(_OBJECTS): archive.read(name)
            for name in archive.namelist()
            if name.startswith(_OBJECTS)
        }
        documents = {
            name.removeprefix(_DOCUMENTS): archive.read(name)
            for name in archive.namelist()
            if name.startswith(_DOCUMENTS)
        }
    for key, data in store["objects"].items():
        _put(world, key, contents[key], data)
    for item in store["heads"]:
        world.dynamodb.put_item(TableName=HEADS, Item=item)
    world.kms.use_private_value(int(store["signing_key"], 16))
    enumerate_payer_accounts.REGISTER.write_text(store["register"])
    world.catalogue.payers = {
        payer: [_invoice(data, documents) for data in invoices]
        for payer, invoices in aws["payers"].items()
    }
    world.catalogue.charges = {
        payer: [CostLine(**line) for line in lines] for payer, lines in aws["charges"].items()
    }
    world.catalogue.units = {
        payer: [InvoiceUnit(**_tuples(one)) for one in units]
        for payer, units in aws["units"].items()
    }
    world.catalogue.moves = [BillingTransfer(**_tuples(one)) for one in aws["transfers"]]
    world.catalogue.standalone = set(aws["standalone"])


def unpack(file: Path, folder: Path) -> Path:
    """The kept bucket as a copy on disk, with its public key as an auditor got it."""
    with zipfile.ZipFile(file) as archive:
        store = json.loads(archive.read(_STORE), object_hook=_read)
        for name in archive.namelist():
            if name.startswith(_OBJECTS):
                path = folder / "copy" / name.removeprefix(_OBJECTS)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(archive.read(name))
    kms = FakeKms()
    kms.use_private_value(int(store["signing_key"], 16))
    (folder / "key.pem").write_bytes(kms.public_key_pem())
    return folder / "copy"


def _invoice_data(
    one: CatalogueInvoice, keep_document: Callable[[Document], dict[str, Any]]
) -> dict[str, Any]:
    if one.costs is not None:
        raise ValueError(f"{one.invoice_id} has costs of its own, which no release keeps")
    return {
        "summary": one.summary,
        "visible_from": one.visible_from,
        "document": keep_document(one.document),
        "supplements": [keep_document(document) for document in one.supplements],
    }


def _invoice(data: Mapping[str, Any], documents: Mapping[str, bytes]) -> CatalogueInvoice:
    def with_content(document: Mapping[str, Any]) -> dict[str, Any]:
        return {**document, "content": documents[document["content"]]}

    return CatalogueInvoice(
        data["summary"],
        data["visible_from"],
        Document(**with_content(data["document"])),
        tuple(SupplementalDocument(**with_content(one)) for one in data["supplements"]),
    )


def object_data(world: World, key: str) -> dict[str, Any]:
    """The version on top with its metadata and lock."""
    head = world.s3.head_object(Bucket=BUCKET, Key=key)
    until = head.get("ObjectLockRetainUntilDate")
    return {
        "version_id": head["VersionId"],
        "content_type": head["ContentType"],
        "metadata": head["Metadata"],
        "lock_mode": head.get("ObjectLockMode"),
        "lock_until": until.isoformat() if until else None,
    }


def _put(world: World, key: str, content: bytes, data: Mapping[str, Any]) -> None:
    headers: dict[str, Any] = {"ContentType": data["content_type"], "Metadata": data["metadata"]}
    if data["lock_mode"]:
        headers["ObjectLockMode"] = data["lock_mode"]
        headers["ObjectLockRetainUntilDate"] = datetime.fromisoformat(data["lock_until"])
    world.s3.put_object(
        Bucket=BUCKET,
        Key=key,
        Body=content,
        ChecksumAlgorithm="SHA256",
        ChecksumSHA256=base64.b64encode(hashlib.sha256(content).digest()).decode(),
        **headers,
    )
    kept = world.s3.store.buckets[BUCKET].versions[key]
    kept[-1] = replace(kept[-1], version_id=data["version_id"])


def _write(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    archive.writestr(zipfile.ZipInfo(name, _ZIPPED_AT), content, zipfile.ZIP_DEFLATED)


def _to_json(data: Any) -> bytes:
    return json.dumps(data, default=_tagged, indent=1, sort_keys=True).encode()


def _tagged(value: Any) -> dict[str, str]:
    if isinstance(value, datetime):
        return {"$instant": value.isoformat()}
    if isinstance(value, date):
        return {"$day": value.isoformat()}
    if isinstance(value, Decimal):
        return {"$decimal": str(value)}
    raise TypeError(f"a release keeps no {type(value).__name__}")


def _read(data: dict[str, Any]) -> Any:
    for tag, read in (
        ("$instant", datetime.fromisoformat),
        ("$day", date.fromisoformat),
        ("$decimal", Decimal),
    ):
        if data.keys() == {tag}:
            return read(data[tag])
    return data


def _tuples(data: Mapping[str, Any]) -> dict[str, Any]:
    """JSON's lists as the tuples that they were."""

    def of(value: Any) -> Any:
        return tuple(of(one) for one in value) if isinstance(value, list) else value

    return {name: of(value) for name, value in data.items()}
