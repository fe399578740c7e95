"""`python -m sandbox.invoicing_emulator`: the emulator with the made-up organization, as a program
that SIGTERM ends.
"""

import argparse
import signal
import sys
import threading
from pathlib import Path

from lambdas.domain.errors import InvalidRegister
from lambdas.domain.runs.payer_register import parse_register
from sandbox.invoicing.rates import Limit
from sandbox.invoicing.server import InvoicingEmulator, PortInUse, instant
from sandbox.organization import HOSTILE_PAYERS, MADE_UP_PAYERS, Organization
from sandbox.organization.kept_papers import KeptPapers


def limit(text: str) -> Limit:
    """Read `OPERATION=N`. Raises ValueError, ArgumentTypeError."""
    operation, _, rate = text.partition("=")
    try:
        return Limit(float(rate), operation=operation)
    except ValueError as problem:
        raise argparse.ArgumentTypeError(f"'{text}' is no OPERATION=N: {problem}") from None


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox.invoicing_emulator", description=__doc__
    )
    parser.add_argument("--port", type=int, required=True, help="the port on 127.0.0.1")
    parser.add_argument("--register", type=Path, required=True, help="the payer register, a CSV")
    parser.add_argument(
        "--signature-marker", default="", help="what each document URL's signature begins with"
    )
    parser.add_argument("--sts-endpoint", help="the STS that names the account of an access key")
    parser.add_argument(
        "--now",
        type=instant,
        help="the instant that decides what is issued, such as 2026-10-12T06:00:00Z",
    )
    parser.add_argument(
        "--papers", type=Path, help="a folder to keep papers in, which are then printed only once"
    )
    parser.add_argument(
        "--hostile", action="store_true", help="invoices with hostile names and purchase orders"
    )
    parser.add_argument(
        "--limit",
        type=limit,
        action="append",
        default=[],
        metavar="OPERATION=N",
        help="calls per second that one account may make of an operation, such as "
        "GetInvoicePDF=5; may be given for each operation",
    )
    arguments = parser.parse_args()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        register = parse_register(arguments.register.read_bytes(), str(arguments.register))
        with InvoicingEmulator(
            Organization(
                {payer.account_id: payer.name for payer in register.payers},
                kept_papers=KeptPapers(arguments.papers) if arguments.papers else None,
                made_up=HOSTILE_PAYERS if arguments.hostile else MADE_UP_PAYERS,
            ),
            port=arguments.port,
            now=arguments.now,
            signature_marker=arguments.signature_marker,
            sts_endpoint=arguments.sts_endpoint,
            limits=arguments.limit,
        ) as emulator:
            print(f"The Invoicing emulator listens on {emulator.url}", flush=True)
            stop.wait()
    except (OSError, InvalidRegister, PortInUse) as problem:
        print(f"The Invoicing emulator cannot start: {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
