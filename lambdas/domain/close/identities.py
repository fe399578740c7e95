"""The name, legal entity and owner of each payer account of a period.

An account outside the register has none of its own. It inherits those of the payer account whose
listing showed its invoices, and is marked so.
"""

from collections import Counter
from dataclasses import dataclass

from lambdas.domain.close.owners import Owner, Owners
from lambdas.domain.judgement.manifests import Manifest, PayerState


@dataclass(frozen=True)
class Identity:
    """`inherited_from` is the payer account that the rest comes from; empty if it is its own."""

    account_id: str
    name: str
    legal_entity: str
    owner: Owner
    inherited_from: str = ""


def identities(manifest: Manifest, owners: Owners) -> dict[str, Identity]:
    """By account id. The manifest has its invoices."""
    states = {payer.payer_account_id: payer for payer in manifest.payers}
    found = {}
    for account_id, state in states.items():
        shown_by = None if state.name else _shown_by(state, states)
        named = shown_by or state
        holder = account_id if account_id in owners else named.payer_account_id
        found[account_id] = Identity(
            account_id,
            named.name,
            state.legal_entity or named.legal_entity,
            owners.of(holder),
            shown_by.payer_account_id if shown_by else "",
        )
    return found


def _shown_by(state: PayerState, states: dict[str, PayerState]) -> PayerState | None:
    """The named payer account whose listings show most of its invoices."""
    seen_by = [invoice.seen_by for invoice in state.invoices]
    seen_by += [invoice.seen_by for invoice in state.outstanding]
    shown = Counter(one for seen in seen_by for one in seen if one in states and states[one].name)
    most = max(shown.items(), key=lambda item: (item[1], item[0]), default=None)
    return states[most[0]] if most else None
