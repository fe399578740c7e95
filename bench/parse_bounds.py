"""Peak memory and time of checking the costliest papers, with all threads at once.

    python -m bench.parse_bounds [more PDFs]

Eight threads check them as FetchInvoiceDocuments does. The memory of this process and of all parser
processes counts, in the unit of the function's memory.
"""

import base64
import os
import sys
import tempfile
import threading
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO

from lambdas.steps.archiving.document_checks import check_document

THREADS = 8
FUNCTION_MIB = 2048
MOST = 0.75
_TEXT = b"BT /F1 9 Tf (N1) Tj ET "


def pdf(content: bytes, filters: bytes) -> bytes:
    """A PDF of one page with this content, packed with `filters`."""
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R /Resources << /Font << "
        b"/F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
        b"<< /Length %d /Filter [%s] >>\nstream\n%s\nendstream" % (len(content), filters, content),
    ]
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, one in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\n" % (len(objects) + 1)
    return bytes(out + b"startxref\n%d\n%%%%EOF\n" % table)


def papers(scale: int) -> dict[str, bytes]:
    """Costly papers; `scale` is 1 at full size, and a larger number divides them."""
    operators = _TEXT + b"BT " + b"(a) Tj 1 0 0 1 1 1 Tm " * (900_000 // scale) + b"ET"
    zeros = bytes(70_000_000 // scale)
    return {
        "operators": pdf(zlib.compress(operators, 9), b"/FlateDecode"),
        "zeros": pdf(zlib.compress(zeros, 9), b"/FlateDecode"),
        "ASCII85": pdf(
            base64.a85encode(_TEXT + os.urandom(24_000_000 // scale)) + b"~>", b"/ASCII85Decode"
        ),
        "hexadecimal": pdf(b"00" * (15_000_000 // scale) + b">", b"/ASCIIHexDecode"),
        "nested": pdf(b"[" * (2_000_000 // scale), b""),
        "packed twice": pdf(zlib.compress(zlib.compress(zeros * 4, 9), 9), b"/FlateDecode " * 2),
    }


def resident_kib(process: int) -> int:
    """Memory of a process, 0 if it is gone."""
    try:
        status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in status.splitlines() if "VmRSS" in line), 0)


class PeakMemory(threading.Thread):
    """Measures this process and its children all the time."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.peak_kib = 0

    def run(self) -> None:
        own = os.getpid()
        while True:
            begun = [
                int(child)
                for task in Path(f"/proc/{own}/task").iterdir()
                for child in _text(task / "children").split()
            ]
            self.peak_kib = max(self.peak_kib, sum(map(resident_kib, [own, *begun])))
            time.sleep(0.02)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except OSError:  # the thread ended
        return ""


def check(name: str, file: IO[bytes], size_bytes: int) -> str:
    began = time.monotonic()
    checked = check_document(
        file, size_bytes, is_invoice_document=True, invoice_id="N1", accounts=()
    )
    codes = ", ".join(code for code, _ in checked.flags) or "no flag"
    return f"{name:>14}: {codes}, after {time.monotonic() - began:.1f} s with its wait"


def main(arguments: list[str]) -> int:
    """Print each paper's result and the peak; 1 if it comes near the function's memory."""
    scale = 1
    if arguments[:1] == ["--small"]:
        scale, arguments = 100, arguments[1:]
    content = papers(scale) | {Path(name).name: Path(name).read_bytes() for name in arguments}
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(THREADS) as pool:
        files = []
        for number, (name, paper) in enumerate(content.items()):
            path = Path(folder) / str(number)
            path.write_bytes(paper)
            files.append((name, path.open("rb"), len(paper)))
        del content
        memory = PeakMemory()
        memory.start()
        for result in pool.map(lambda one: check(*one), files):
            print(result)
        for _, file, _ in files:
            file.close()
    ratio = memory.peak_kib / 1024 / FUNCTION_MIB
    print(f"  peak: {memory.peak_kib / 1024:.0f} MiB, {ratio:.2f} of the function (at most {MOST})")
    return int(ratio > MOST)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
