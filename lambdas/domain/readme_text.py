"""The view `README.txt`: what the bucket is and how to check it, for somebody who has only that."""

import textwrap
from collections.abc import Iterator

from lambdas.domain.findings import KINDS
from lambdas.domain.litter import LITTER
from lambdas.domain.plain_words import PAYER_VERDICTS

_TEXT = """\
INVOICE ARCHIVE
===============

This bucket ({bucket}) holds the AWS invoices of the payer accounts of one
organization, with their supplemental documents. A program stored them, month
by month, and wrote down what it expected, what it found and what it stored.
Nothing of that program is needed to read or to check what lies here.


WHERE TO BEGIN

  index.html                       every billing period and its verdict
  periods/2026-10/index.html       one billing period, a calendar month of usage
  periods/2026-10/ledger.xlsx      a spreadsheet with a row for each document
  periods/2026-10/ledger.csv       the same for programs
  invoices/2026-10/<account>/      the documents themselves

Copy the bucket to a folder first; then the links between the pages work:

  aws s3 sync s3://{bucket} archive --exclude 'runs/*'

The objects are encrypted with an AWS KMS key of the account that owns the
bucket. Without that key they cannot be read, so it must never be deleted.


WHAT LIES WHERE

Evidence is written once and locked (S3 Object Lock), so that nobody can
change or remove a version of it before its date:

  invoices/<period>/<account>/...  each document as AWS gave it, byte for byte
  records/<period>/<account>/...   for each invoice what AWS said of it, and key,
                                   SHA-256 and size of each of its documents;
                                   0002.json follows 0001.json when something
                                   new was learnt
  periods/<period>/manifests/...   the signed list of all that is archived of the
                                   period, with each SHA-256; each manifest names
                                   the SHA-256 of the one before it

The rest is made from the evidence and can be made again (views), or tells
what a run did:

  periods/<period>/completeness.json, ledger.*, index.html, SHA256SUMS
  index.html, README.txt, manifest-signing-key.pem
  runs/<run>/...                   what each run was asked, listed and did

An object that seems to be missing may be hidden by a delete marker. Its
locked version is still there:

  aws s3api list-object-versions --bucket {bucket} --prefix <key>


WHAT THE VERDICTS SAY

A period is COMPLETE when every expected invoice of every payer account is
archived with all its documents; AWAITING before its deadline; ACTION_REQUIRED
when something is missing that a person must look into. COMPLETE speaks of the
day on which it was said; what came later is in a later manifest.

Of one payer account:

{verdicts}


WHAT THE FINDINGS SAY

Each finding has a code. Those marked ! keep a period from being COMPLETE, the
others are told so that somebody may look. What to do next:

{findings}


HOW TO CHECK THE DOCUMENTS

In the copy's top folder, for one period:

  sha256sum -c periods/2026-10/SHA256SUMS

(macOS: shasum -a 256 -c periods/2026-10/SHA256SUMS.) Windows, in PowerShell:

{powershell}

Every line must say OK. That proves that the files are those of the list. That
the list is the archive's own is proved by the manifests:


HOW TO CHECK THE MANIFESTS

Every manifest is JSON in one line with a member "signature". What is signed
is the same JSON without the "value" of that member: keys sorted, no spaces,
UTF-8, and a line feed at the end. The signature is ECDSA over SHA-256 on the curve P-256,
in DER and base64.

manifest-signing-key.pem is the public key. Whoever could change this bucket
could change that file too, so get the key from where it was made, if that
still exists. Its name, an ARN, is the "key_id" of each signature:

  aws kms get-public-key --key-id <ARN> --query PublicKey --output text

prints the lines between BEGIN and END of that file, without line breaks. An
auditor keeps a copy of the key outside of the bucket from the first day.

Save the lines between the two rules as check_manifests.py and start it in the
copy's top folder with: python3 check_manifests.py
It needs Python 3.9 or newer and the program openssl, and nothing else.

{rule}
{program}{rule}

It checks each signature, that each manifest follows the one before it, and
that every document and record that the newest manifests name is there with
its SHA-256. What computers leave in folders by themselves (LITTER) it passes
over by name.

What it cannot see is a chain whose last manifests were taken away. The number
and SHA-256 of each period's newest manifest are therefore also kept outside
the bucket, in a DynamoDB table of the same account (its key is
"billing_period"): compare "sequence" and "sha256" there with what the program
prints.
"""

POWERSHELL = """\
  Get-Content periods/2026-10/SHA256SUMS | Where-Object { $_ -notlike '#*' } |
  ForEach-Object {
    $sum, $file = $_ -split '  ', 2
    $is = (Get-FileHash -Algorithm SHA256 -LiteralPath $file).Hash
    if ($is -eq $sum) { "${file}: OK" } else { "${file}: CHANGED OR MISSING" }
  }"""
"""What `sha256sum -c` does, where there is none."""
_WIDTH = 78

RULE = 78 * "-"
"""What stands before and after the program."""

_LITTER = textwrap.fill(
    ", ".join(ascii(name).replace(" ", "\\x20") for name in LITTER),
    _WIDTH,
    initial_indent="    ",
    subsequent_indent="    ",
    break_long_words=False,
    break_on_hyphens=False,
)
CHECK_MANIFESTS = f"""\
import base64, fnmatch, glob, hashlib, json, os, subprocess, sys, tempfile

LITTER = [
{_LITTER}
]
"""
CHECK_MANIFESTS += """
def is_litter(name):
    return any(fnmatch.fnmatchcase(name.lower(), one.lower()) for one in LITTER)

def sha256(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()

def is_signed(manifest):
    content = dict(manifest, signature=dict(manifest["signature"]))
    value = base64.b64decode(content["signature"].pop("value"))
    text = json.dumps(content, sort_keys=True, ensure_ascii=False,
                      separators=(",", ":")) + "\\n"
    with tempfile.TemporaryDirectory() as folder:
        for name, data in (("signed", text.encode("utf-8", "surrogatepass")),
                           ("signature", value)):
            with open(os.path.join(folder, name), "wb") as file:
                file.write(data)
        return subprocess.run(
            ["openssl", "dgst", "-sha256", "-verify", "manifest-signing-key.pem",
             "-signature", os.path.join(folder, "signature"),
             os.path.join(folder, "signed")], stdout=subprocess.DEVNULL).returncode == 0

def check(period, problems):
    before = newest = None
    folder = "periods/" + period + "/manifests/"
    names = [name for name in os.listdir(folder)
             if name.startswith("manifest-") and not is_litter(name)]
    for number, name in enumerate(sorted(names, key=lambda name: (len(name), name)), 1):
        path = folder + name
        with open(path, encoding="utf-8", errors="surrogatepass") as file:
            newest = json.load(file)
        if newest["key"] != path or newest["sequence"] != number:
            problems.append(path + ": is not number %d of its period" % number)
        if newest["previous_sha256"] != before:
            problems.append(path + ": does not follow the manifest before it")
        if not is_signed(newest):
            problems.append(path + ": is not signed with manifest-signing-key.pem")
        before = sha256(path)
    if newest is None:
        problems.append(folder + ": has no manifest")
        return
    files = 0
    for payer in newest["payers"]:
        for invoice in payer["invoices"]:
            for file in invoice["records"] + invoice["documents"]:
                files += 1
                if not os.path.isfile(file["key"]):
                    problems.append(file["key"] + ": is missing")
                elif sha256(file["key"]) != file["sha256"]:
                    problems.append(file["key"] + ": was changed")
    print("%s: %s, %d manifests, newest %s, %d files checked"
          % (period, newest["verdict"], number, before, files))

problems = []
found = [os.path.basename(path) for path in glob.glob("periods/*")]
periods = sorted(name for name in found if not is_litter(name))
for period in periods:
    try:
        check(period, problems)
    except (OSError, ValueError, LookupError, TypeError) as error:
        problems.append(period + ": cannot be checked: " + repr(error))
for problem in problems:
    print("PROBLEM " + problem)
if not periods:
    print("PROBLEM there is nothing to check here")
sys.exit(1 if problems or not periods else 0)
"""
"""The program of the README, which needs nothing of this project."""


def readme_text(bucket: str) -> bytes:
    """The text for the bucket of this name, plain ASCII."""
    return _TEXT.format(
        bucket=bucket,
        verdicts="\n".join(_verdicts()),
        findings="\n".join(_findings()),
        powershell=POWERSHELL,
        program=CHECK_MANIFESTS,
        rule=RULE,
    ).encode("ascii")


def _verdicts() -> Iterator[str]:
    for word, (_, meaning) in PAYER_VERDICTS.items():
        yield from _entry(f"{word:<12}", meaning)


def _findings() -> Iterator[str]:
    for code, kind in KINDS.items():
        yield f"  {code}{' !' if kind.severity == 'blocking' else ''}"
        yield from _entry("", kind.next_step)


def _entry(term: str, what: str) -> list[str]:
    indent = " " * (len(term) + 2 if term else 6)
    return textwrap.wrap(
        what, _WIDTH, initial_indent=f"  {term}" if term else indent, subsequent_indent=indent
    )
