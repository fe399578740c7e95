"""Processes that parse: bounded, few, without secrets, and gone with the one that began them."""

import io
import os
import re
import resource
import subprocess
import sys
import tempfile
import threading
import time
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lambdas.parsers import document_parser, parser_processes
from lambdas.parsers.parser_processes import BeyondLimits, ParserNotStarted, ParserProcesses

ROOT = Path(__file__).parents[2]
XML = b"<Invoice><ID>1</ID></Invoice>"
IN_ORDER = {"root": "Invoice", "error": None}


def costly_pdf() -> bytes:
    """A few KB that take the parser many seconds: one page with 800,000 operators."""
    packed = zlib.compress(b"BT /F1 9 Tf " + b"(a) Tj 1 0 0 1 1 1 Tm " * 400_000 + b"ET")
    stream = b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(packed), packed)
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R /Resources << /Font << "
        b"/F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
        stream,
    )
    out = b"%PDF-1.4\n"
    for number, content in enumerate(objects, 1):
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    return out + b"trailer\n<< /Root 1 0 R /Size 5 >>\nstartxref\n0\n%%EOF\n"


@pytest.fixture
def parsers() -> Iterator[ParserProcesses]:
    made = ParserProcesses()
    yield made
    made.end()


def ask(parsers: ParserProcesses, content: bytes = XML, question: str = "xml_structure") -> object:
    return parsers.ask(question, io.BytesIO(content), len(content))


def children() -> list[int]:
    """The processes that this one began and that have not ended."""
    found = []
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            text = status.read_text()
        except OSError:  # it ended meanwhile
            continue
        if f"\nPPid:\t{os.getpid()}\n" in text and "\nState:\tZ" not in text:
            found.append(int(status.parent.name))
    return found


@pytest.fixture
def begun(parsers: ParserProcesses) -> int:
    """The process that answers."""
    before = children()
    assert ask(parsers) == IN_ORDER
    (process,) = set(children()) - set(before)
    return process


def test_what_takes_too_long_is_given_up_and_the_next_is_answered(
    parsers: ParserProcesses, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(parsers)
    monkeypatch.setattr(parser_processes, "SECONDS", 0.5)
    began = time.monotonic()
    with pytest.raises(BeyondLimits):
        ask(parsers, costly_pdf(), "pdf_text")
    assert time.monotonic() - began < 3
    monkeypatch.setattr(parser_processes, "SECONDS", 20)
    assert ask(parsers) == IN_ORDER


def test_what_takes_too_much_memory_is_given_up_and_the_next_is_answered(
    parsers: ParserProcesses, begun: int
) -> None:
    resource.prlimit(begun, resource.RLIMIT_AS, (80 << 20, 80 << 20))
    began = time.monotonic()
    with pytest.raises(BeyondLimits):
        ask(parsers, b'<a b="' + b"x" * (50 << 20))
    assert time.monotonic() - began < 10
    assert ask(parsers) == IN_ORDER


def test_the_processes_fit_into_the_function_beside_what_it_needs_itself(begun: int) -> None:
    limits = Path(f"/proc/{begun}/limits").read_text()
    found = re.search(r"^Max address space +(\d+) +(\d+)", limits, re.MULTILINE)
    assert found
    assert {int(found[1]), int(found[2])} == {document_parser.MEMORY_BYTES}
    memory_mib = int(
        re.findall(
            r"FETCH_INVOICE_DOCUMENTS, 15, (\d+)", (ROOT / "infra/functions.py").read_text()
        )[0]
    )
    parsers_mib = parser_processes.PROCESSES * document_parser.MEMORY_BYTES >> 20
    assert parsers_mib <= memory_mib - 768


def test_a_process_that_ends_with_a_document_in_hand_is_no_verdict(
    parsers: ParserProcesses, begun: int
) -> None:
    costly = costly_pdf()
    threading.Timer(0.3, os.kill, (begun, 9)).start()
    began = time.monotonic()
    with pytest.raises(BeyondLimits):
        ask(parsers, costly, "pdf_text")
    assert time.monotonic() - began < 5
    assert ask(parsers) == IN_ORDER


def test_a_process_that_ended_while_nobody_needed_it_is_begun_anew(
    parsers: ParserProcesses, begun: int
) -> None:
    os.kill(begun, 9)
    while begun in children():
        time.sleep(0.01)
    assert ask(parsers) == IN_ORDER


def test_many_threads_share_a_few_processes(parsers: ParserProcesses) -> None:
    before = set(children())
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: ask(parsers), range(200)))
    assert answers == [IN_ORDER] * 200
    assert len(set(children()) - before) <= parser_processes.PROCESSES


def test_a_process_knows_no_secret(
    parsers: ParserProcesses, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a made-up secret")
    before = set(children())
    ask(parsers)
    (process,) = set(children()) - before
    names = re.findall(rb"(?:^|\0)([^=\0]+)=", Path(f"/proc/{process}/environ").read_bytes())
    assert set(names) <= {b"LD_LIBRARY_PATH", b"LC_CTYPE"}


@pytest.mark.parametrize("is_busy", [False, True])
def test_a_process_ends_with_the_one_that_began_it(is_busy: bool, tmp_path: Path) -> None:
    (tmp_path / "costly.pdf").write_bytes(costly_pdf())
    program = f"""
import io, os, sys, threading, time
from lambdas.parsers import parser_processes
parser_processes.SECONDS, parser_processes._GRACE_SECONDS = 2, 0
parsers = parser_processes.ParserProcesses(1)
parsers.ask("xml_structure", io.BytesIO(b"<a/>"), 4)
(child,) = open(f"/proc/{{os.getpid()}}/task/{{os.getpid()}}/children").read().split()
print(child, flush=True)
if {is_busy}:
    parser_processes.SECONDS = 2
    document = open({str(tmp_path / "costly.pdf")!r}, "rb")
    threading.Thread(target=parsers.ask, args=("pdf_text", document, 99999), daemon=True).start()
    time.sleep(0.3)
os._exit(0)
"""
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, check=True, text=True
    )
    status = Path(f"/proc/{ran.stdout.strip()}/status")
    deadline = time.monotonic() + 5
    while status.exists() and "\nState:\tZ" not in status.read_text():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_the_position_in_the_file_stays_as_it_is(parsers: ParserProcesses) -> None:
    with tempfile.TemporaryFile() as file:
        file.write(XML + b"x" * 100_000 + b"the end")
        file.seek(5)
        assert file.read(3) == XML[5:8]
        assert parsers.ask("xml_structure", file, len(XML)) == IN_ORDER
        assert file.tell() == 8
        assert file.read() == (XML + b"x" * 100_000 + b"the end")[8:]


def test_what_no_process_can_be_begun_for_is_no_document_s_fault(tmp_path: Path) -> None:
    parsers = ParserProcesses(1, (str(tmp_path),))
    with pytest.raises(ParserNotStarted):
        ask(parsers)
