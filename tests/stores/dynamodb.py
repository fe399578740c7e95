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
_EXPRESSIONS = ("UpdateExpression", "ConditionExpression", "ProjectionExpression")
_PLACEHOLDER, _WORD = re.compile(r"[#:]\w+"), re.compile(r"(?<![#:\w])[a-z]\w*", re.IGNORECASE)
_OF_THE_LANGUAGE = {"SET", "OR", "attribute_not_exists"}
_MOST_BYTES = 400 * 1024
_READ = {"TableName", "Key", "Item", "ConsistentRead", *_EXPRESSIONS}
_READ |= {"ExpressionAttributeNames", "ExpressionAttributeValues"}
"""The members of a request that this store understands."""


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
        if operation != "CreateTable":
            _check_request(given)
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
        key = self._key(given, given["Item"])
        _check_condition(given, table.get(key, {}))
        table[key] = _fitting(copy.deepcopy(given["Item"]))
        return {}

    def _update(self, given: Mapping[str, Any]) -> dict[str, Any]:
        table = self._table(given)
        key = self._key(given, given["Key"])
        item = table.get(key, {})
        _check_condition(given, item)
        settings = _settings(given)
        if settings.keys() & given["Key"].keys():
            raise Refused(400, "ValidationException", "This attribute is part of the key")
        table[key] = _fitting(item | given["Key"] | settings)
        return {}

    def _delete(self, given: Mapping[str, Any]) -> dict[str, Any]:
        table, key = self._table(given), self._key(given, given["Key"])
        _check_condition(given, table.get(key, {}))
        table.pop(key, None)
        return {}

    def _scan(self, given: Mapping[str, Any]) -> dict[str, Any]:
        items = [*self._table(given).values()]
        return {"Items": items, "Count": len(items), "ScannedCount": len(items)}


def _check_request(given: Mapping[str, Any]) -> None:
    """Refuse what DynamoDB refuses before it looks into a table."""
    if unknown := given.keys() - _READ:
        raise NotImplementedError(unknown)
    text = " ".join(given.get(name, "") for name in _EXPRESSIONS)
    named = {
        *given.get("ExpressionAttributeNames", ()),
        *given.get("ExpressionAttributeValues", ()),
    }
    if named != set(_PLACEHOLDER.findall(text)):
        raise Refused(400, "ValidationException", "A placeholder is unused or not defined")
    if bare := set(_WORD.findall(text)) - _OF_THE_LANGUAGE:
        # imported for the rare expression that names attributes without placeholders
        from moto.dynamodb.parsing.reserved_keywords import ReservedKeywords  # noqa: PLC0415

        if bare & {word.lower() for word in ReservedKeywords.get_reserved_keywords()}:
            raise Refused(400, "ValidationException", "An attribute name is a reserved keyword")


def _check_condition(given: Mapping[str, Any], item: Item) -> None:
    if "ConditionExpression" in given and not _holds(given, item):
        raise Refused(400, "ConditionalCheckFailedException", "The conditional request failed")


def _fitting(item: Item) -> Item:
    """The item, unless it is larger than DynamoDB's items may be."""
    texts = (name + str(value) for name, kinds in item.items() for value in kinds.values())
    if sum(len(text.encode("utf-8", "surrogatepass")) for text in texts) > _MOST_BYTES:
        raise Refused(400, "ValidationException", "Item size has exceeded the maximum allowed size")
    return item


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
