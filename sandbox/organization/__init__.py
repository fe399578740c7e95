"""The made-up organization: payers of several countries whose invoices exist for any billing period
from 2025-01 on.
"""

from sandbox.organization.hostile import HOSTILE_PAYERS
from sandbox.organization.invoices import FIRST_PERIOD, SEED, Organization
from sandbox.organization.payers import MADE_UP_PAYERS, MadeUpPayer, register_csv

__all__ = [
    "FIRST_PERIOD",
    "HOSTILE_PAYERS",
    "MADE_UP_PAYERS",
    "SEED",
    "MadeUpPayer",
    "Organization",
    "register_csv",
]
