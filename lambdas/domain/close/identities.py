"""The name, legal entity and owner of each payer account of a period.

An account outside the register has none of its own. It inherits those of the payer account whose
listing showed its invoices, and is marked so.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
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
    seen_by = {
        state.payer_account_id: Counter(
            [account_id for one in state.invoices for account_id in one.seen_by]
            + [account_id for one in state.outstanding for account_id in one.seen_by]
        )
        for state in manifest.payers
        if not state.name
    }
    return identities_of(manifest.payers, seen_by, owners)


def identities_of(
    payers: Iterable[PayerState], seen_by: Mapping[str, Counter[str]], owners: Owners
) -> dict[str, Identity]:
    """The same for payer accounts without their invoices. For each account without a name,
    `seen_by` counts the payer accounts whose listings show its invoices.
    """
    states = {payer.payer_account_id: payer for payer in payers}
    found = {}
    for account_id, state in states.items():
        parent = None if state.name else _shown_by(seen_by[account_id], states)
        named = parent or state
        parent_id = parent.payer_account_id if parent else ""
        found[account_id] = Identity(
            account_id,
            named.name,
            state.legal_entity or named.legal_entity,
            owners.of(account_id, parent_id),
            parent_id,
        )
    return found


def _shown_by(seen_by: Counter[str], states: Mapping[str, PayerState]) -> PayerState | None:
    """The named payer account whose listings show most of its invoices."""
    shown = [(count, one) for one, count in seen_by.items() if one in states and states[one].name]
    return states[max(shown)[1]] if shown else None
