"""Before and after a run."""

from sandbox.snapshot import Difference, StoredObject, difference

BEFORE = {
    "invoices/a.pdf": StoredObject("1", 10),
    "periods/p/ledger.csv": StoredObject("2", 20),
    "runs/r0/x": StoredObject("3", 30),
}


def test_equal_snapshots_differ_in_nothing() -> None:
    assert not difference(BEFORE, dict(BEFORE))


def test_another_version_of_the_same_size_is_a_change() -> None:
    after = BEFORE | {"periods/p/ledger.csv": StoredObject("9", 20)}
    assert difference(BEFORE, after) == Difference(
        new=(), changed=("periods/p/ledger.csv",), gone=()
    )


def test_what_runs_leave_can_be_put_aside() -> None:
    after = {
        "invoices/a.pdf": StoredObject("1", 10),
        "runs/r1/x": StoredObject("4", 1),
        "periods/p/ledger.csv": StoredObject("2", 20),
    }
    found = difference(BEFORE, after)
    assert found == Difference(new=("runs/r1/x",), changed=(), gone=("runs/r0/x",))
    assert not found.but("runs/")
