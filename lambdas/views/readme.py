"""The view `README.txt`: the bucket and how to verify it, for readers who have nothing else."""

import textwrap
from collections.abc import Iterator
from functools import cache

from lambdas.domain.findings import KINDS
from lambdas.views.litter import LITTER
from lambdas.views.wording import PAYER_VERDICTS

_TEXT = """\
INVOICE ARCHIVE
===============

This bucket ({bucket}) holds the AWS invoices of the payer accounts of one
organization, with their supplemental documents. A program stored them month
by month, with a record of the invoices that it expected, found and stored.
You need no part of that program to read or to verify this archive.


WHERE TO BEGIN

  index.html                       every billing period, its status, a search
  periods/2026-10/index.html       one billing period, a calendar month of usage
  periods/2026-10/ledger.xlsx      a spreadsheet with a row for each document
  periods/2026-10/ledger.csv       the same as text
  periods/2026-10/invoices.csv     a row for each invoice, for programs
  invoices/2026-10/<account>/      the documents themselves

Copy the bucket to a folder first; then the links between the pages work:

  aws s3 sync s3://{bucket} archive --exclude 'runs/*'

The objects are encrypted with an AWS KMS key of the account that owns the
bucket. Without that key they cannot be read, so it must never be deleted.


WHERE EVERYTHING IS STORED

Evidence is written once and locked (S3 Object Lock), so that nobody can
change or remove a version of it before its date:

  invoices/<period>/<account>/...  each document as AWS gave it, byte for byte
  records/<period>/<account>/...   for each invoice AWS's listing of it, and key,
                                   SHA-256 and size of each of its documents;
                                   0002.json follows 0001.json when something
                                   has changed
  periods/<period>/manifests/...   the signed list of everything archived of the
                                   period, with each SHA-256; each manifest names
                                   the SHA-256 of the one before it

The views are made from the evidence and can be made again; runs/ is a log:

  periods/<period>/completeness.json, invoices.csv, ledger.*, index.html,
                                   SHA256SUMS
  periods/<period>/payment_status.json
                                   what AWS Payments showed in a run: paid, due,
                                   past due; it changes daily and is no evidence
  index.html, README.txt, manifest-signing-key.pem
  runs/<run>/...                   the input, listings and results of each run

An object that seems to be missing may be hidden by a delete marker. Its
locked version is still there:

  aws s3api list-object-versions --bucket {bucket} --prefix <key>


STATUS

A period is COMPLETE when every expected invoice of every payer account is
archived with all its documents. It is AWAITING before its deadline, and
ACTION_REQUIRED when something is missing and needs a person. COMPLETE
describes the day of its manifest; a later manifest has later changes.

The status of one payer account:

{verdicts}


FINDINGS

Each finding has a code. Those marked ! keep a period from being COMPLETE; the
others are for information. The next step of each:

{findings}


HOW TO VERIFY THIS ARCHIVE WITHOUT OUR SOFTWARE: THE DOCUMENTS

In the copy's top folder, for one period:

  sha256sum -c periods/2026-10/SHA256SUMS

(macOS: shasum -a 256 -c periods/2026-10/SHA256SUMS.) Windows, in PowerShell:

{powershell}

Every line must say OK. This proves that the files are those of the list. The
manifests prove that the list is the archive's own:


HOW TO VERIFY THIS ARCHIVE WITHOUT OUR SOFTWARE: THE MANIFESTS

Every manifest is JSON in one line with a member "signature". The signature
covers the same JSON without the "value" of that member: keys sorted, no
spaces, UTF-8, and a line feed at the end. It is ECDSA over SHA-256 on the
curve P-256, in DER and base64.

manifest-signing-key.pem is the public key. A person who could change this
bucket could change that file too, so get the key from AWS KMS, if it still
exists there. Its ARN is the "key_id" of each signature:

  aws kms get-public-key --key-id <ARN> --query PublicKey --output text

prints the lines between BEGIN and END of that file, without line breaks. An
auditor keeps a copy of the key outside of the bucket from the first day.

Save the lines between the two rules as check_manifests.py and start it in the
copy's top folder with: python3 check_manifests.py
It needs Python 3.9 or newer and the program openssl, and nothing else.

{rule}
{program}{rule}

The program checks each signature, and that each manifest follows the one
before it. It checks that every document and record of the newest manifests is
there with its SHA-256, and nothing else is. It checks that SHA256SUMS,
completeness.json, the amounts due of ledger.csv and the gross sums of
invoices.csv are those of the newest manifest. Lines that begin with PROBLEM
need a person. A month that is missing between others is a WARNING. Files that
computers leave in folders by themselves (LITTER) are passed over by name.

The lines NOT CHECKED at its end show its limits. Above all, it cannot see
that the last manifests of a chain were removed. The number and SHA-256 of
each period's newest manifest are therefore also kept outside the bucket, in a
DynamoDB table of the same account (its key is "billing_period"). Compare its
"sequence" and "sha256" with the program's output.
"""

POWERSHELL = """\
  Get-Content periods/2026-10/SHA256SUMS | Where-Object { $_ -notlike '#*' } |
  ForEach-Object {
    $sum, $file = $_ -split '  ', 2
    $is = (Get-FileHash -Algorithm SHA256 -LiteralPath $file).Hash
    if ($is -eq $sum) { "${file}: OK" } else { "${file}: CHANGED OR MISSING" }
  }"""
"""The equivalent of `sha256sum -c` for systems without it."""
_WIDTH = 78

RULE = 78 * "-"
"""The line before and after the program."""

_LITTER = textwrap.fill(
    ", ".join(ascii(name).replace(" ", "\\x20") for name in LITTER),
    _WIDTH,
    initial_indent="    ",
    subsequent_indent="    ",
    break_long_words=False,
    break_on_hyphens=False,
)
CHECK_MANIFESTS = f"""\
import base64, csv, fnmatch, fractions, hashlib, io, json, os, re, stat
import subprocess, sys, tempfile

LITTER = [
{_LITTER}
]
"""
CHECK_MANIFESTS += r"""
PERIOD = ("billing_period closed_at findings generated_at last_day run_id "
          "totals verdict").split()
PAYER = ("archived checked_at documents expected findings legal_entity name "
         "payer_account_id residuals run_id settled_at sources totals verdict").split()
ADDED_LATER = "open_currencies", "outstanding_totals", "unarchived"
COMPLETE = "COMPLETE", "NO_CHARGES", "TRANSFERRED"
VIEWS = ("SHA256SUMS completeness.json find.json index.html invoices.csv "
         "ledger.csv ledger.xlsx").split()
MADE_LATER = ("invoices.csv",)
OF_PAYMENTS = "periods/[^/]*/payment_status[.]json$"
AT_THE_TOP = "README.txt", "index.html", "manifest-signing-key.pem"
CELL = '"[^"]*(?:""[^"]*)*"|[-0-9%s: ]*'
NOT_UNDERSTOOD = (OSError, ValueError, LookupError, TypeError, AttributeError,
                  ArithmeticError, RecursionError, MemoryError)

def show(what):
    print(ascii(what)[1:-1])

def problem(what):
    problems.append(what)
    show("PROBLEM " + what)

def is_litter(name):
    return any(fnmatch.fnmatchcase(name.lower(), one.lower()) for one in LITTER)

def find():
    # every plain file, and the folders; links are not followed, pipes not opened
    folders = [""]
    for folder in folders:
        try:
            names = sorted(os.listdir(folder or "."))
            kinds = {name: os.lstat(folder + name).st_mode for name in names}
        except OSError as error:
            problem((folder or ".") + ": cannot be listed: " + str(error.strerror))
            continue
        for name, kind in kinds.items():
            path = folder + name
            if is_litter(name) or path in ("runs", os.path.basename(sys.argv[0])):
                continue
            elif stat.S_ISDIR(kind):
                folders.append(path + "/")
            elif stat.S_ISREG(kind):
                found.add(path)
            else:
                problem(path + ": is a link, a pipe or a device")
    return folders

def read(path):
    if path not in found:
        raise ValueError(path + " is missing")
    if os.path.getsize(path) > 1 << 30:
        raise ValueError(path + " is too large")
    with open(path, "rb") as file:
        return file.read()

def sha256(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()

def once(pairs):
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a member comes twice")
    return dict(pairs)

def parse(content):
    return json.loads(content.decode("utf-8", "surrogatepass"), object_pairs_hook=once)

def form(value, **how):
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, **how) + "\n"
    return text.encode("utf-8", "surrogatepass")

def signed_form(manifest):
    return form(manifest, separators=(",", ":"))

def is_signed(manifest):
    content = dict(manifest, signature=dict(manifest["signature"]))
    value = base64.b64decode(content["signature"].pop("value"))
    with tempfile.TemporaryDirectory() as folder:
        for name, data in (("key", read("manifest-signing-key.pem")),
                           ("signed", signed_form(content)), ("signature", value)):
            with open(os.path.join(folder, name), "wb") as file:
                file.write(data)
        return subprocess.run(
            ["openssl", "dgst", "-sha256", "-verify", "key", "-signature", "signature",
             "signed"], cwd=folder, stdout=subprocess.DEVNULL).returncode == 0

def check_completeness(view, newest, content):
    payers, day = newest["payers"], newest["close_day"]
    done = sum(payer["verdict"] in COMPLETE for payer in payers)
    waiting = sum(payer["verdict"] == "AWAITING" and payer["settled_at"] is not None
                  for payer in payers)
    more = ", %d more with nothing outstanding" % waiting if waiting else ""
    right = {name: newest[name] for name in (
        *PERIOD, *(one for one in ADDED_LATER if one in newest))}
    right["manifest"], right["schema"] = newest["key"], view["schema"]
    right["payers"] = [{name: payer[name] for name in (
        *PAYER, *(one for one in ADDED_LATER if one in payer))} for payer in payers]
    forms = []
    for count, end in ((done, more), (done + waiting, "")):  # as now, and as v1 counted
        text = "%d of %d complete on %s" % (count, len(payers), day) + end
        right["progress"] = {"complete": count, "payers": len(payers), "close_day": day,
                             "text": text}
        as_is = form(right, indent=2)  # what is no UTF-8 is written in one of two ways
        forms += [as_is, as_is.decode("utf-8", "surrogatepass").encode(
            "utf-8", "backslashreplace")]
    return content in forms

def check_ledger(text, newest):
    # its form, its documents, and that its amounts make the totals
    *lines, end = text[1:].split("\r\n")
    between, point = ";," if lines and ";" in lines[0] else ",."
    cell = CELL % point
    line = "(?:%s)(?:%s(?:%s))*" % (cell, between, cell)
    is_in_form = text[:1] == "\ufeff" and not end and all(
        re.fullmatch(line, one) for one in lines)
    if not is_in_form:
        return False
    header, *rows = [re.findall("(?:^|%s)(%s)" % (between, cell), one) for one in lines]
    at = {name.strip('"'): number for number, name in enumerate(header)}
    documents, totals = [], {}
    for row in rows:
        cells = {name: row[at[name]].strip('"\t') for name in at}
        documents.append((cells["archive_key"], cells["sha256"]))
        if row[at["amount_due"]]:  # a number between quotation marks is none
            before = totals.get(cells["currency"], 0)
            amount = fractions.Fraction(row[at["amount_due"]].replace(point, "."))
            totals[cells["currency"]] = before + amount
    return totals == {one["currency"]: fractions.Fraction(one["amount"])
                      for one in newest["totals"]} and sorted(documents) == sorted(
        (document["key"], document["sha256"]) for payer in newest["payers"]
        for invoice in payer["invoices"] for document in invoice["documents"])

def check_invoices(text, newest):
    # that its amounts make the totals, and that its files are documents
    documents = {(document["key"], document["sha256"]) for payer in newest["payers"]
                 for invoice in payer["invoices"] for document in invoice["documents"]}
    totals = {}
    for row in csv.DictReader(io.StringIO(text, newline=""), strict=True):
        if row["file"] and (row["file"], row["sha256"]) not in documents:
            return False
        if row["status"] == "ARCHIVED" and row["gross"]:
            before = totals.get(row["currency"], 0)
            totals[row["currency"]] = before + fractions.Fraction(row["gross"])
    return totals == {one["currency"]: fractions.Fraction(one["amount"])
                      for one in newest["totals"]}

def check_views(period, newest, sums):
    folder = "periods/" + period + "/"
    lines = ["# made from %s; check with: sha256sum -c <this file>\n" % newest["key"]]
    lines += ["%s  %s\n" % (sums[key], key) for key in sorted(sums)]
    for name, is_right in (
            ("SHA256SUMS", lambda content: content == "".join(lines).encode()),
            ("completeness.json", lambda content: check_completeness(
                parse(content), newest, content)),
            ("ledger.csv", lambda content: check_ledger(content.decode(), newest)),
            ("invoices.csv", lambda content: check_invoices(content.decode(), newest))):
        if folder + name not in found:
            if name in MADE_LATER and not any(
                    "unarchived" in payer for payer in newest["payers"]):
                continue  # earlier releases did not make it
            show("WARNING " + folder + name + ": is missing; a run makes it again")
            continue
        try:
            if not is_right(read(folder + name)):
                problem(folder + name + ": is not what the newest manifest says")
        except NOT_UNDERSTOOD as error:
            problem(folder + name + ": cannot be checked: " + repr(error))

def check(period):
    before = newest = None
    earlier, sums = {}, {}
    folder = "periods/" + period + "/manifests/"
    paths = [path for path in found if path.startswith(folder + "manifest-")]
    paths.sort(key=lambda path: (len(path), path))
    for number, path in enumerate(paths, 1):
        content = read(path)
        newest = parse(content)
        if newest["key"] != path or newest["sequence"] != number:
            problem(path + ": is not number %d of its period" % number)
        if newest["previous_sha256"] != before:
            problem(path + ": does not follow the manifest before it")
        if content != signed_form(newest) or not is_signed(newest):
            problem(path + ": is not signed with manifest-signing-key.pem")
        before = hashlib.sha256(content).hexdigest()
        earlier, sums = sums, {path: before}
    if newest is None:
        return problem(folder + ": has no manifest")
    named.update(paths, ["periods/%s/%s" % (period, name) for name in VIEWS])
    sums.update(earlier)
    evidence = [file for payer in newest["payers"] for invoice in payer["invoices"]
                for file in invoice["records"] + invoice["documents"]]
    for file in evidence:
        key = file["key"]
        named.add(key)
        sums[key] = file["sha256"]
        if key not in found:
            problem(key + ": is missing")
        elif os.path.getsize(key) != file["size_bytes"] or sha256(key) != file["sha256"]:
            problem(key + ": was changed")
    check_views(period, newest, sums)
    checked.add(period)
    show("%s: %s, %d manifests, newest %s, %d files checked"
         % (period, newest["verdict"], len(paths), before, len(evidence)))

problems, found, named, checked = [], set(), set(AT_THE_TOP), set()
paths = find()
payments = {path for path in found if re.match(OF_PAYMENTS, path)}
named.update(payments)
# a month with nothing else has a debt from before the archive
paths = [path for path in paths + sorted(found - payments)
         if not any(one.startswith(path) for one in payments)
         or any(other.startswith(path) for other in found - payments)]
periods = {path.split("/")[1] for path in paths
           if re.match("(invoices|records|periods)/.", path)}
for period in sorted(periods):
    try:
        check(period)
    except NOT_UNDERSTOOD as error:
        problem(period + ": cannot be checked: " + repr(error))
for path in sorted(found - named):
    if (path.split("/") + [""])[1] not in periods - checked:
        problem(path + ": no manifest names it")
months = [int(one[:4]) * 12 + int(one[5:]) - 1 for one in periods
          if re.fullmatch("[0-9]{4}-[0-9]{2}", one)]
for month in range(min(months, default=0), max(months, default=0)):
    if month not in months:
        show("WARNING %d-%02d: there is nothing of this month" % (month // 12, month % 12 + 1))
if not periods:
    problem("there is nothing to check here")
for what in (
        "whether the newest manifests, or whole months at either end, were removed",
        "whether manifest-signing-key.pem is the right key, and what the bucket hides",
        "ledger.csv but for its form, documents and amounts due; ledger.xlsx; pages; find.json",
        "invoices.csv but for its files and its sums of gross",
        "payment_status.json, which changes daily and is no evidence",
        "what records say; runs/"):
    show("NOT CHECKED " + what)
sys.exit(1 if problems else 0)
"""
"""The program in the README, which needs nothing of this project."""


@cache
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
