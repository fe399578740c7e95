"""DynamoDB in memory, as far as the archive and its tests use it: items of a table whose key is one
attribute, and the few expressions that these write. Held to other implementations by
test_contract.py.
"""

import copy
import re
import threading
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from tests.stores.client import Refused

Item = dict[str, dict[str, Any]]
_SETTING = re.compile(r"([#\w]+) = (:\w+)")
_SETTINGS = re.compile(r"[#\w]+ = :\w+(, [#\w]+ = :\w+)*")
_IS_ABSENT = re.compile(r"attribute_not_exists\(([#\w]+)\)")
_IS_LESS = re.compile(r"([#\w]+) < (:\w+)")


class MemoryDynamoDB:
    """Tables by their names; a call waits for the one before it."""

    def __init__(self) -> None:
        self.tables: dict[str, dict[str, Item]] = {}
        self._key_names: dict[str, str] = {}
        self._lock = threading.Lock()
        self._operations = {
            "CreateTable": self._create_table,
            "GetItem": self._get,
            "PutItem": self._put,
            "UpdateItem": self._update,
            "DeleteItem": self._delete,
            "Scan": self._scan,
        }

    def answer(self, operation: str, given: Mapping[str, Any]) -> dict[str, Any]:
        with self._lock:
            return copy.deepcopy(self._operations[operation](given))

    def taken(self) -> dict[str, dict[str, Item]]:
        """The items of each table as they are now; later calls do not change them."""
        with self._lock:
            return copy.deepcopy(self.tables)

    def put_back(self, tables: Mapping[str, dict[str, Item]]) -> None:
        """Go on with items that were taken, of tables that are there; they stay as they are."""
        self.tables = copy.deepcopy(dict(tables))

    def _create_table(self, given: Mapping[str, Any]) -> dict[str, Any]:
        (key,) = given["KeySchema"]
        self._key_names[given["TableName"]] = key["AttributeName"]
        self.tables[given["TableName"]] = {}
        return {"TableDescription": {"TableName": given["TableName"]}}

    def _table(self, given: Mapping[str, Any]) -> dict[str, Item]:
        try:
            return self.tables[given["TableName"]]
        except KeyError:
            raise Refused(
                400, "ResourceNotFoundException", "Requested resource not found"
            ) from None

    def _key(self, given: Mapping[str, Any], item: Item) -> str:
        text: str = item[self._key_names[given["TableName"]]]["S"]
        return text

    def _get(self, given: Mapping[str, Any]) -> dict[str, Any]:
        table = self._table(given)
        item = table.get(self._key(given, given["Key"]))
        if item is None:
            return {}
        if "ProjectionExpression" in given:
            wanted = [_name(one.strip(), given) for one in given["ProjectionExpression"].split(",")]
            item = {name: item[name] for name in wanted if name in item}
        return {"Item": item}

    def _put(self, given: Mapping[str, Any]) -> dict[str, Any]:
        table = self._table(given)
        table[self._key(given, given["Item"])] = copy.deepcopy(given["Item"])
        return {}

    def _update(self, given: Mapping[str, Any]) -> dict[str, Any]:
        table = self._table(given)
        key = self._key(given, given["Key"])
        item = table.get(key, {})
        if "ConditionExpression" in given and not _holds(given, item):
            raise Refused(400, "ConditionalCheckFailedException", "The conditional request failed")
        table[key] = item | given["Key"] | _settings(given)
        return {}

    def _delete(self, given: Mapping[str, Any]) -> dict[str, Any]:
        self._table(given).pop(self._key(given, given["Key"]), None)
        return {}

    def _scan(self, given: Mapping[str, Any]) -> dict[str, Any]:
        items = [*self._table(given).values()]
        return {"Items": items, "Count": len(items), "ScannedCount": len(items)}


def _settings(given: Mapping[str, Any]) -> Item:
    """The attributes that an update sets."""
    text = given["UpdateExpression"].removeprefix("SET ")
    if not _SETTINGS.fullmatch(text):
        raise NotImplementedError(text)
    return {_name(name, given): _value(value, given) for name, value in _SETTING.findall(text)}


def _holds(given: Mapping[str, Any], item: Item) -> bool:
    return any(_is_true(one, given, item) for one in given["ConditionExpression"].split(" OR "))


def _is_true(condition: str, given: Mapping[str, Any], item: Item) -> bool:
    if absent := _IS_ABSENT.fullmatch(condition):
        return _name(absent[1], given) not in item
    less = _IS_LESS.fullmatch(condition)
    if less is None:
        raise NotImplementedError(condition)
    attribute, value = item.get(_name(less[1], given), {}), _value(less[2], given)
    return "N" in attribute and Decimal(attribute["N"]) < Decimal(value["N"])


def _name(name: str, given: Mapping[str, Any]) -> str:
    if not name.startswith("#"):
        return name
    attribute: str = given["ExpressionAttributeNames"][name]
    return attribute


def _value(name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    value: dict[str, Any] = given["ExpressionAttributeValues"][name]
    return value
