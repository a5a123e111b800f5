"""Clerical review: which links are drawn, and what judgements say of the grade."""

from __future__ import annotations

from fairlead.attribution.sampling import draw_sample, figures_of
from fairlead.terms.grades import AttributionGrade
from fairlead.terms.platform import Judgement
from tests.attribution.builders import Operation, account, subscriber


def operation():
    rows = []
    for number in range(12):
        same = {"email": f"reader{number}@mail.example", "phone": f"+9991112220{number:02d}"}
        rows += [account(str(number), **same), subscriber(str(number), **same)]
    return Operation(*rows)


def test_the_same_seed_draws_the_same_links_and_another_seed_others():
    op = operation()
    one = draw_sample(op.catalogue, AttributionGrade.ATTRIBUTED, count=5, seed=1)
    assert one == draw_sample(op.catalogue, AttributionGrade.ATTRIBUTED, count=5, seed=1)
    assert one.pairs != draw_sample(op.catalogue, AttributionGrade.ATTRIBUTED, count=5, seed=2).pairs
    assert (one.population, len(one.pairs)) == (12, 5)


def test_a_grade_without_links_draws_nothing():
    sample = draw_sample(Operation(account("1")).catalogue, AttributionGrade.PROBABLE, count=5, seed=1)
    assert (sample.population, sample.pairs) == (0, ())


def test_judgements_give_a_precision_with_its_interval_and_unsure_counts_against_it():
    op = operation()
    sample = draw_sample(op.catalogue, AttributionGrade.ATTRIBUTED, count=10, seed=1)
    judged = dict.fromkeys(sample.pairs[:8], Judgement.SAME)
    judged |= {sample.pairs[8]: Judgement.DIFFERENT, sample.pairs[9]: Judgement.UNSURE}
    judged[("platform:0", "platform:1")] = Judgement.DIFFERENT  # never drawn: says nothing of the grade
    figures = figures_of(sample, judged)
    assert (figures.same, figures.different, figures.unsure) == (8, 1, 1)
    assert figures.precision == 8 / 9
    assert figures.low_if_unsure_is_wrong < figures.low < figures.precision < figures.high
