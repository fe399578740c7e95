"""The project's folder, and names of deployed resources that others refer to; `infra.steps` has
those of the functions.
"""

from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent

ARCHIVE_STACK = "InvoiceArchive"
PAYER_READER_STACK = "InvoiceArchivePayerReader"
PAYER_READER_TEMPLATE = "payer-reader-role.yaml"
"""The payers' stack as a file in the project, for organizations that do without CDK."""

REVIEWER_POLICY = "invoice-archive-reviewer"
AUDITOR_POLICY = "invoice-archive-auditor"
"""Managed policies: an account has one of each name, in all regions together."""

ALARM_NAMES = "invoice-archive-"
"""Beginning of every alarm's name; only alarms with it may use the topic."""
