"""Outcomes of a run's questions to a payer account."""

from typing import Annotated

from lambdas.domain.json_form import one_of

CHECKED = "CHECKED"
NO_ACCESS = "NO_ACCESS"
WRONG_ACCOUNT = "WRONG_ACCOUNT"
NOT_CHECKED = "NOT_CHECKED"
"""Outcomes of a payer account in a run.

NOT_CHECKED is never reported: it is the absence of an outcome.
"""
Outcome = Annotated[str, one_of(CHECKED, NO_ACCESS, WRONG_ACCOUNT, NOT_CHECKED)]
OUTCOME_CODES = (NO_ACCESS, WRONG_ACCOUNT, NOT_CHECKED)
"""Codes of findings on a payer account that was not checked."""
