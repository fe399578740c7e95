"""Throughput of a payer account under a rate limit ten times below the client's rate.

    python -m bench.throttled_invoicing

The real client of one payer account calls with the default number of threads, first without a
limit, then with a tenth of that rate; a second payer account without a limit calls at the same
time.
"""

import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from lambdas.aws.clients import RoleCredentials, invoicing_client
from lambdas.aws.invoicing import Invoicing
from sandbox.invoicing import CatalogueInvoice, Document, FixedCatalogue, InvoicingEmulator, Limit

LIMITED, FREE = "111122223333", "444455556666"
THREADS = 8
SECONDS = 60
LEAST_THROUGHPUT, MOST_REFUSED, LEAST_OF_THE_OTHER = 0.90, 0.10, 0.80
_THEN = datetime(2026, 1, 1, tzinfo=UTC)


def invoices(payer: str) -> list[CatalogueInvoice]:
    summary = {"InvoiceId": f"N-{payer}", "AccountId": payer, "IssuedDate": _THEN}
    return [CatalogueInvoice(summary, _THEN, Document(b"", _THEN))]


def calls_per_second(payer: str, seconds: float, wait: float = 0.05) -> float:
    """Documents offered in a second; each thread rests as a download does."""
    client = invoicing_client(RoleCredentials(payer, "secret", "token"))
    service = Invoicing(client, lambda: client)
    began = time.monotonic()

    def ask_on(_: int) -> int:
        answered = 0
        while time.monotonic() - began < seconds:
            service.documents(f"N-{payer}")
            answered += 1
            time.sleep(wait)
        return answered

    with ThreadPoolExecutor(THREADS) as pool:
        answered = sum(pool.map(ask_on, range(THREADS)))
    return answered / (time.monotonic() - began)


def main() -> int:
    """Print the ratios; 1 if one is out of its bounds."""
    catalogue = FixedCatalogue({payer: invoices(payer) for payer in (LIMITED, FREE)})
    with InvoicingEmulator(catalogue, now=_THEN) as emulator:
        os.environ |= {
            "AWS_ENDPOINT_URL_INVOICING": emulator.url,
            "AWS_DEFAULT_REGION": "us-east-1",
        }
        alone = calls_per_second(FREE, 5)
        unlimited = calls_per_second(LIMITED, 5)
        emulator.limits.set(Limit(unlimited / 10, payer_account_id=LIMITED))
        before = emulator.requests.snapshot()["calls"][LIMITED]["GetInvoicePDF"]
        with ThreadPoolExecutor(2) as pool:
            limited = pool.submit(calls_per_second, LIMITED, SECONDS)
            free = pool.submit(calls_per_second, FREE, SECONDS)
            throughput, beside = limited.result() / (unlimited / 10), free.result() / alone
        counts = emulator.requests.snapshot()
        attempts = counts["calls"][LIMITED]["GetInvoicePDF"] - before
        refused = counts["refused"][LIMITED]["GetInvoicePDF"] / attempts
    print(f"wanted {unlimited:.0f} calls a second, allowed {unlimited / 10:.1f}")
    print(f"throughput: {throughput:.1%} of the limit (at least {LEAST_THROUGHPUT:.0%})")
    print(f"refused: {refused:.1%} of the calls (at most {MOST_REFUSED:.0%})")
    print(f"the other payer: {beside:.1%} of its rate alone (at least {LEAST_OF_THE_OTHER:.0%})")
    is_good = (
        throughput >= LEAST_THROUGHPUT and refused <= MOST_REFUSED and beside >= LEAST_OF_THE_OTHER
    )
    return int(not is_good)


if __name__ == "__main__":
    sys.exit(main())
