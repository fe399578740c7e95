"""The measurements of bench/ still run and end well, each at a size that takes a moment. Limits for
the full size are judged there, by how the measurement ends.
"""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("command", "tells"),
    [
        ("check_speed --documents 40", ["sha256sum: ", "check: ", "ratio: ", "peak: "]),
        (
            "judge_period 3 2",
            ["invoices each, second run", "'COMPLETE', 'changed': False", "judging took"],
        ),
        ("find 36 200", ["find.json", "bytes of the page", "of them: "]),
        ("large_payer 60", ["60 invoices, list: ", "60 invoices, fetch: "]),
        ("views 3", ['"ledger.xlsx"', '"peak_kib"']),
        ("parse_bounds --small", ["operators: ", "nested: ", "  peak: "]),
    ],
)
def test_a_small_measurement_runs_to_its_end(command: str, tells: list[str]) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", *f"bench.{command}".split()],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, "Traceback" in ran.stderr) == (0, False), ran.stderr
    assert all(text in ran.stdout for text in tells), ran.stdout
