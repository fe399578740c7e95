"""Cost Explorer's answer has only the payer accounts judged again for which it was asked."""

from lambdas.domain.judgement.judge import charges_wanted, judge_payers, judge_with_charges
from tests.domain.examples import ACME, BOREAL, archived
from tests.domain.judgement.test_judged_witnesses import BOTH, NOTHING, accepts, costs, said
from tests.domain.judging import facts_of, outcome


def test_an_answer_changes_the_payer_account_that_it_is_about_and_no_other() -> None:
    facts = facts_of(
        NOTHING, outcome(BOREAL, listed=("2",)), invoices=[archived("2", payer=BOREAL)], names=BOTH
    )
    states = judge_payers(facts)
    assert set(charges_wanted(facts, states)) == {ACME, BOREAL}
    answered = judge_with_charges(facts, states, said(costs()))
    assert (states[ACME].verdict, answered[ACME].verdict) == ("MISSING", "NO_CHARGES")
    assert answered[BOREAL] is states[BOREAL]


def test_what_a_person_accepted_covers_nothing_that_the_answer_finds() -> None:
    facts = facts_of(NOTHING, acknowledgements=[accepts()])
    states = judge_payers(facts)
    answered = judge_with_charges(facts, states, said(costs("AWS")))
    assert (states[ACME].verdict, answered[ACME].verdict) == ("NO_CHARGES", "MISSING")
    given = [one.witnesses.acknowledgements for one in (states[ACME], answered[ACME])]
    assert given[0] == given[1]
