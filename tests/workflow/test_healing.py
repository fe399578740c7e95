"""A half-made or killed embedded AWS heals itself, and the archived bytes survive it."""

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lambdas.domain.evidence.archive_layout import is_evidence
from sandbox.lock import FolderLock
from sandbox.month_end import PROJECT
from sandbox.places import Places
from sandbox.ports import kept_ports, require_free
from sandbox.program import ACCOUNT_ID
from sandbox.started import Sandbox

pytestmark = pytest.mark.slow

REGISTER = "account_id,name\n020417736915,Brightwater Robotics\n817263540912,Thornbury Media\n"
COMPLETE = "Billing period 2026-03: COMPLETE"
UNCHANGED = "It fetched nothing and changed nothing"


def _take_interrupts() -> None:
    """As at a keyboard: a shell lets what it runs in the background ignore SIGINT."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Machine:
    """A folder in which a person types `make month-end`."""

    def __init__(self, folder: Path) -> None:
        self.places = Places.under(folder / "build", PROJECT)
        self.register = folder / "payers.csv"
        self.register.write_text(REGISTER)

    def start(self) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "sandbox.month_end", "--period=2026-03"]
        command += [f"--payers={self.register}", f"--folder={self.places.sandbox.parent}"]
        return subprocess.Popen(
            command,
            cwd=PROJECT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            preexec_fn=_take_interrupts,  # noqa: PLW1509 - no thread runs here
        )

    def month_end(self) -> str:
        """What a month end says that must succeed."""
        started = self.start()
        said, _ = started.communicate(timeout=600)
        assert started.returncode == 0, said
        return said

    def evidence(self) -> dict[str, str]:
        """SHA-256 of the locked objects as they lie on the disk."""
        bucket = self.places.buckets / ACCOUNT_ID
        return {
            key: hashlib.sha256(path.read_bytes()).hexdigest()
            for path in bucket.glob("*/*/**/*")
            if path.is_file() and path.suffix != ".tmp" and not path.name.endswith(".meta.json")
            and is_evidence(key := path.relative_to(bucket).as_posix().partition("/")[2])
        }  # fmt: skip

    def ministack_process(self) -> int:
        port = kept_ports(self.places.ports).ministack
        return int((self.places.temporary / f"ministack-{port}.pid").read_text())

    def assert_nothing_runs(self) -> None:
        lock = FolderLock(self.places.lock)
        lock.acquire()
        require_free(kept_ports(self.places.ports), "ports.json")
        lock.release()


def until(condition: Callable[[], bool], seconds: int = 300) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds} seconds"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """A machine on which a month end has run to its end."""
    machine = Machine(tmp_path_factory.mktemp("machine"))
    said = machine.month_end()
    assert COMPLETE in said
    assert machine.evidence()
    return machine


def test_a_second_run_deploys_nothing_and_changes_nothing(machine: Machine) -> None:
    before = machine.evidence()
    said = machine.month_end()
    assert said.startswith("Billing period 2026-03, as the schedule of 2026-04-12T")
    assert "synthesizing" not in said
    assert "deploying" not in said
    assert UNCHANGED in said
    assert machine.evidence() == before
    machine.assert_nothing_runs()


def test_after_a_restart_all_evidence_is_locked_as_before(machine: Machine) -> None:
    with Sandbox(machine.places, payers_file=str(machine.register)) as sandbox:
        s3, bucket = sandbox.client("s3"), sandbox.deployed.archive_bucket
        for key in machine.evidence():
            locked = s3.get_object_retention(Bucket=bucket, Key=key)["Retention"]
            year = int(key.split("/")[1][:4])
            assert locked["Mode"] == "GOVERNANCE"
            assert locked["RetainUntilDate"] == datetime(year + 11, 1, 1, tzinfo=UTC)


def test_a_client_that_stays_connected_does_not_keep_the_state_from_being_saved(
    machine: Machine,
) -> None:
    with Sandbox(machine.places, payers_file=str(machine.register)) as sandbox:
        client = sandbox.client("sts")
        assert client.get_caller_identity()["Account"] == ACCOUNT_ID
        before = time.time_ns()
    assert (machine.places.state / "sts.json").stat().st_mtime_ns > before


def break_state(places: Places) -> None:
    (places.state / "stepfunctions.json").write_text('{"half')


def lose_functions(places: Places) -> None:
    (places.state / "lambda.json").unlink()


def lose_roles(places: Places) -> None:
    (places.state / "iam.json").unlink()


def stop_before_first_save(places: Places) -> None:
    """The bytes are there; nothing knows of the bucket, the key or the stack."""
    for path in places.state.glob("*.json"):
        path.unlink()


@pytest.mark.parametrize(
    "damage", [break_state, lose_functions, lose_roles, stop_before_first_save]
)
def test_what_is_damaged_is_made_anew_around_the_archived_bytes(
    machine: Machine, damage: Callable[[Places], None]
) -> None:
    before = machine.evidence()
    damage(machine.places)
    said = machine.month_end()
    assert "deploying the stack" in said
    assert COMPLETE in said
    assert UNCHANGED in said
    assert machine.evidence() == before


def test_a_deployment_that_cannot_be_changed_is_made_anew(machine: Machine) -> None:
    before = machine.evidence()
    (machine.places.state / "ssm.json").unlink()  # CDK's own version parameter
    machine.register.write_text(REGISTER.replace("Thornbury Media", "Thornbury"))
    said = machine.month_end()
    assert "making the deployment anew around the archived bytes" in said
    assert COMPLETE in said
    assert before.items() <= machine.evidence().items()


def test_a_changed_register_is_deployed_over_what_is_there(machine: Machine) -> None:
    before = machine.evidence()
    machine.register.write_text(REGISTER + "693174820559,Polderhaven Logistics\n")
    said = machine.month_end()
    assert "deploying the stack" in said
    assert "693174820559" in said
    assert before.items() <= machine.evidence().items()


def test_a_run_killed_with_its_aws_in_the_middle_is_finished_by_the_next(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    killed = machine.start()
    until(lambda: len(machine.evidence()) > 3)
    killed.send_signal(signal.SIGSTOP)  # so that it cannot end ministack in good order
    os.kill(machine.ministack_process(), signal.SIGKILL)
    killed.kill()
    killed.wait()
    stored = machine.evidence()
    assert COMPLETE in machine.month_end()
    assert stored.items() < machine.evidence().items()
    machine.assert_nothing_runs()


def test_a_set_up_that_is_interrupted_or_killed_leaves_nothing_running_and_is_made_up_for(
    tmp_path: Path,
) -> None:
    machine = Machine(tmp_path)
    log = machine.places.logs / "ministack.log"
    for number in (signal.SIGINT, signal.SIGKILL):
        stopped = machine.start()
        until(log.exists)
        time.sleep(1)
        stopped.send_signal(number)
        said, _ = stopped.communicate(timeout=120)
        if number == signal.SIGINT:
            assert stopped.returncode == 1
            assert "Month end stopped; `make month-end` goes on from here." in said
        machine.assert_nothing_runs()
        log.unlink()
    assert COMPLETE in machine.month_end()
