"""Asking Cost Explorer about payer accounts in a billing period, and recording its answers."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from lambdas.aws.archive import Archive
from lambdas.aws.clients import cost_explorer_client
from lambdas.aws.cost_explorer import CostExplorer
from lambdas.aws.payer_role import WrongAccount, assume_payer_role
from lambdas.aws.witness_errors import WitnessNotRead, witness
from lambdas.domain.billing_period import BillingPeriod
from lambdas.domain.evidence.archive_layout import charges_key
from lambdas.domain.json_text import instant_text
from lambdas.domain.runs.payer_run import PayerRun
from lambdas.domain.stored_form import NotUnderstood, read_form
from lambdas.domain.witnesses.charges import Charges, ChargesAnswer, ReceivedCharges

_THREADS = 8


class ChargesQuestions:
    """The questions of one run to Cost Explorer."""

    def __init__(self, archive: Archive, items: Sequence[PayerRun], external_id: str) -> None:
        self._archive = archive
        self._items = {item.payer_account_id: item for item in items}
        self._external_id = external_id
        self._requests: dict[tuple[str, BillingPeriod], int] = {}

    @property
    def requests(self) -> int:
        """Number of requests that AWS answered; it bills 0.01 USD for each."""
        return sum(self._requests.values())

    def ask(self, period: BillingPeriod, account_ids: Sequence[str]) -> Mapping[str, Charges]:
        """The charges of payer accounts of this run, by Cost Explorer.

        A retry of the step uses the recorded answers instead of asking again.
        """
        items = [self._items[account_id] for account_id in account_ids]
        with ThreadPoolExecutor(_THREADS) as pool:
            answers = list(pool.map(lambda item: self._answer(item, period), items))
        answer_of = dict(zip(account_ids, answers, strict=True))
        self._requests |= {
            (one, period): answer.received.requests for one, answer in answer_of.items()
        }
        return {account_id: answer.statement() for account_id, answer in answer_of.items()}

    def _answer(self, item: PayerRun, period: BillingPeriod) -> ChargesAnswer:
        key = charges_key(item.run_id, item.payer_account_id, period)
        with suppress(NotUnderstood):
            if file := self._archive.read(key):
                return read_form(ChargesAnswer, file.content)
        answer = ChargesAnswer(item.run_id, instant_text(item.as_of), self._received(item, period))
        self._archive.put_run_file(key, answer.to_data())
        return answer

    def _received(self, item: PayerRun, period: BillingPeriod) -> ReceivedCharges:
        try:
            # a failure of one account does not affect the verdicts of others
            with witness("sts:AssumeRole"):
                credentials = assume_payer_role(item, self._external_id)
        except (WitnessNotRead, WrongAccount) as error:
            return ReceivedCharges(0, not_read=f"ce:GetCostAndUsage was not asked: {error}")
        return CostExplorer(cost_explorer_client(credentials)).charges(period)
