"""The steps of the workflow: one name each, from which every other name derives."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """A step. `name` is the name of its file in `lambdas/handlers`."""

    name: str

    @property
    def handler(self) -> str:
        """Path of the function's code for Lambda."""
        return f"lambdas.handlers.{self.name}.handler"

    @property
    def state(self) -> str:
        """The name of its state in the workflow and of its construct."""
        return "".join(word.capitalize() for word in self.name.split("_"))

    @property
    def role_name(self) -> str:
        """The fixed name of its function's role, which the payers' reader roles trust."""
        return f"invoice-archive-{self.name.replace('_', '-')}"


ENUMERATE_PAYER_ACCOUNTS = Step("enumerate_payer_accounts")
LIST_INVOICE_SUMMARIES = Step("list_invoice_summaries")
FETCH_INVOICE_DOCUMENTS = Step("fetch_invoice_documents")
VALIDATE_COMPLETENESS = Step("validate_completeness")
STEPS = (
    ENUMERATE_PAYER_ACCOUNTS,
    LIST_INVOICE_SUMMARIES,
    FETCH_INVOICE_DOCUMENTS,
    VALIDATE_COMPLETENESS,
)
"""All steps in the order of a run."""
