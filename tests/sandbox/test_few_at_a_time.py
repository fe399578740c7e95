"""How many payer accounts the embedded AWS runs at a time."""

import json
from pathlib import Path

import pytest

from sandbox.few_at_a_time import PAYERS_AT_A_TIME, run_few_at_a_time


@pytest.mark.parametrize(
    ("deployed", "runs"), [(10, PAYERS_AT_A_TIME), (1000, PAYERS_AT_A_TIME), (1, 1)]
)
def test_the_map_runs_no_more_than_a_few(tmp_path: Path, deployed: int, runs: int) -> None:
    path = tmp_path / "InvoiceArchive.template.json"
    definition = {"ForEachPayerAccount": {"Label": "ä", "MaxConcurrency": deployed, "End": True}}
    text = json.dumps(definition, ensure_ascii=False, separators=(",", ":"))
    path.write_text(json.dumps({"DefinitionString": text}, ensure_ascii=False), encoding="utf-8")
    run_few_at_a_time(tmp_path)
    changed = json.loads(json.loads(path.read_text(encoding="utf-8"))["DefinitionString"])
    definition["ForEachPayerAccount"]["MaxConcurrency"] = runs
    assert changed == definition
