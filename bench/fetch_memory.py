"""Peak memory of fetching one document of 100 KB against one of 100 MB, as a ratio.

    python -m bench.fetch_memory

The real code fetches, checks and stores each in a process of its own, from a loopback server of
this process. Storing reads the body as boto3 does and drops it.
"""

import hashlib
import json
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from lambdas.aws.archive import Archive
from lambdas.aws.document_download import download
from lambdas.domain.documents.document_url import DocumentUrl
from lambdas.steps.archiving.document_checks import check_document
from sandbox.invoicing.catalogue import CatalogueInvoice, Document, FixedCatalogue
from sandbox.invoicing.server import InvoicingEmulator

PAYER = "111122223333"
SIZES = {"100 KB": 100_000, "100 MB": 100_000_000}
LIMIT = 256 * 1024 * 1024
MOST = 1.10
_THEN = datetime(2026, 1, 1, tzinfo=UTC)


class _Drain:
    """Stands in for S3: reads the body in blocks as an upload does."""

    def put_object(self, *, Body: IO[bytes], **_: Any) -> dict[str, str]:  # noqa: N803 - boto3's name
        digest = hashlib.sha256()
        while block := Body.read(1 << 20):
            digest.update(block)
        return {"VersionId": digest.hexdigest()}


def pdf(size: int) -> bytes:
    """A valid PDF of about `size` bytes: one page, and one stream that fills it."""
    filling = b"\0" * size
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Resources << >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (size, filling),
    ]
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\n" % (len(objects) + 1)
    return bytes(out + b"startxref\n%d\n%%%%EOF\n" % table)


def fetch(url: str) -> None:
    """Fetch one document and print the peak memory."""
    with tempfile.TemporaryFile() as content:
        arrived = download(DocumentUrl(url), content, ("127.0.0.1",), LIMIT)
        checked = check_document(
            content,
            arrived.size_bytes,
            is_invoice_document=True,
            invoice_id="N1",
            accounts={PAYER},
        )
        Archive(_Drain(), "bucket", "GOVERNANCE").put_evidence(
            f"document.{checked.extension}",
            content,
            sha256=arrived.sha256,
            size_bytes=arrived.size_bytes,
            retain_until=_THEN,
        )
    print(json.dumps({"size_bytes": arrived.size_bytes, "peak_kib": peak_kib()}))


def peak_kib() -> int:
    """Peak resident memory of this process alone; getrusage counts that of the one that forked."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")))


def measure(size: int) -> int:
    """Peak resident KiB of a process that fetches a document of that size."""
    summary = {"InvoiceId": "N1", "AccountId": PAYER, "IssuedDate": _THEN}
    invoice = CatalogueInvoice(summary, _THEN, Document(pdf(size), _THEN))
    with InvoicingEmulator(FixedCatalogue({PAYER: [invoice]}), now=_THEN) as emulator:
        import boto3  # noqa: PLC0415 - the measured process must not pay for it

        client = boto3.client(
            "invoicing",
            endpoint_url=emulator.url,
            region_name="us-east-1",
            aws_access_key_id=PAYER,
            aws_secret_access_key="any",
        )
        url = client.get_invoice_pdf(InvoiceId="N1")["InvoicePDF"]["DocumentUrl"]
        ran = subprocess.run(
            [sys.executable, "-m", "bench.fetch_memory", url],
            check=True,
            capture_output=True,
            text=True,
        )
    result: dict[str, int] = json.loads(ran.stdout)
    return result["peak_kib"]


def main() -> int:
    """Print the peaks and their ratio; 1 if memory is not flat."""
    peaks = {name: measure(size) for name, size in SIZES.items()}
    small, large = peaks.values()
    for name, peak in peaks.items():
        print(f"{name:>7}: peak {peak / 1024:.1f} MiB")
    print(f"  ratio: {large / small:.3f} (at most {MOST})")
    return int(large / small > MOST)


if __name__ == "__main__":
    if len(sys.argv) == 2:
        fetch(sys.argv[1])
    else:
        sys.exit(main())
