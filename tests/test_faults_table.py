"""docs/faults.md names every fault test, and nothing that is none."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
FAULTS = {
    "listing": ROOT / "tests" / "handlers",
    "answers": ROOT / "tests" / "handlers",
    "rows": ROOT / "tests" / "handlers",
    "payments": ROOT / "tests" / "handlers",
    "fetching": ROOT / "tests" / "handlers",
    "storing": ROOT / "tests" / "handlers",
    "running": ROOT / "tests" / "handlers",
    "workflow": ROOT / "tests" / "infra",
    "notifying": ROOT / "tests" / "handlers",
    "understanding": ROOT / "tests" / "handlers",
    "lying": ROOT / "tests" / "handlers",
    "meddling": ROOT / "tests" / "handlers",
    "tampering": ROOT / "tests" / "ops",
    "odd_values": ROOT / "tests" / "ops",
    "bounds": ROOT / "tests" / "ops",
    "links": ROOT / "tests" / "ops",
    "tool": ROOT / "tests" / "ops",
    "auditing": ROOT / "tests" / "ops",
}
TABLE = re.findall(
    r"^\| ([LFRT]\d\d) \| [^|]+ \| `(\w+)` \| `[\w/.]+`: [^|]+ \| yes \|$",
    (ROOT / "docs" / "faults.md").read_text(),
    re.MULTILINE,
)


def fault_tests(*kinds: str) -> dict[str, str]:
    """The source of each test of the files of these kinds of fault, by name."""
    return {
        node.name: ast.unparse(node)
        for kind in kinds
        for node in ast.parse((FAULTS[kind] / f"test_{kind}_faults.py").read_text()).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def test_the_table_has_a_row_for_each_fault_test_and_no_other() -> None:
    assert sorted(name for _, name in TABLE) == sorted(fault_tests(*FAULTS))


def test_each_row_of_the_table_is_the_one_that_its_test_is_named_by() -> None:
    assert [name[5:8].upper() for _, name in TABLE] == [row for row, _ in TABLE]


def test_no_row_of_the_faults_to_survive_is_left_out() -> None:
    rows = {row for row, _ in TABLE}
    assert rows >= {f"L{n:02}" for n in (*range(1, 19), *range(28, 34), *range(38, 49))}
    assert rows >= {f"F{n:02}" for n in (*range(1, 16), *range(25, 37))}
    assert rows >= {f"R{n:02}" for n in (*range(1, 5), *range(6, 12), *range(14, 25))}
    assert rows >= {f"T{n:02}" for n in (*range(1, 9), *range(10, 17))}


def test_each_fault_test_ends_with_a_recovery() -> None:
    for name, source in fault_tests("listing", "answers", "rows", "payments", "fetching").items():
        last = source.splitlines()[-1]
        recovers = r"(\.recovers|recovers_with_the_document)\("
        assert re.search(recovers, source), f"{name} ends with {last}"


def test_each_row_names_files_that_are_there() -> None:
    text = (ROOT / "docs" / "faults.md").read_text()
    assert not {name for name in re.findall(r"`([\w/]+\.py)`", text) if not (ROOT / name).exists()}
