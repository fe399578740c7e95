"""The owners of payer accounts, from the register of a run: manifests know none."""

from collections.abc import Iterable
from dataclasses import dataclass

from lambdas.domain.runs.payer_register import Payer

DEFAULT_OWNER = "Finance"
"""The owner of an account without one in the register."""


@dataclass(frozen=True)
class Owner:
    """The person who closes a payer account's month. `email` is empty if the register has none;
    it is the name too where the register has no other.
    """

    name: str
    email: str = ""


class Owners:
    """The owner of each payer account of the register; everybody else has the default owner."""

    def __init__(self, register: Iterable[Payer], default: str = DEFAULT_OWNER) -> None:
        self.default = Owner(default)
        self._owners = {
            payer.account_id: Owner(payer.owner or payer.owner_email or default, payer.owner_email)
            for payer in register
        }

    def of(self, account_id: str, parent: str = "") -> Owner:
        """The account's owner; outside the register, that of the `parent` that lists it."""
        return self._owners.get(account_id) or self._owners.get(parent, self.default)
