"""No small group can be found out from all that is published together: an attacker tries, by linear programs.

The attacker knows the district's totals, and that a group listed by name has somebody; of the public edition
the bands too, and from the state's report cards how large every group and school is. A count that is
withheld must stay open by at least the minimum: the least and the most that agree with all tables are that
far apart (or as far as the group, or the whole district, has students at all).
"""

from __future__ import annotations

import numpy as np
import pytest

from ews.equity import margins, withheld
from ews.equity.public_edition import public_edition
from ews.equity.suppression import suppress_fairness
from tests.equity.attack_on_audit import attack_audit
from tests.equity.attack_on_public import attack_public, bounds_of
from tests.equity.attacker import Attack, Attacker
from tests.equity.districts import audit_of, district

MINIMUM = 10


def attacked_audit(seed: int, **sizes: int) -> Attack:
    given = district(seed, **sizes)
    return attack_audit(given, suppress_fairness(audit_of(given), MINIMUM), MINIMUM)


def attacked_public(seed: int, **sizes: int) -> Attack:
    given = district(seed, **sizes)
    shown = suppress_fairness(audit_of(given), MINIMUM)
    return attack_public(given, public_edition(shown, MINIMUM), MINIMUM)


def told(attack: Attack) -> list[str]:
    return [str(each) for each in attack.found]


@pytest.mark.parametrize("seed", [2, 7, 27, 107])
def test_the_audits_own_edition_gives_no_withheld_count_away(seed: int) -> None:
    attack = attacked_audit(seed, attributes=2)
    assert not told(attack)


@pytest.mark.parametrize("seed", range(4))
def test_the_public_edition_gives_no_withheld_count_away(seed: int) -> None:
    attack = attacked_public(seed, attributes=2)
    assert not told(attack)


def test_nor_do_three_attributes_and_their_pairs_together() -> None:
    assert not told(attacked_audit(13, students=1_000, days=1))
    assert not told(attacked_public(13, students=1_000, days=1))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 220))
def test_the_audits_own_edition_withstands_in_many_districts(seed: int) -> None:
    assert not told(attacked_audit(seed))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 220))
def test_the_public_edition_withstands_in_many_districts(seed: int) -> None:
    assert not told(attacked_public(seed))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(300, 312))
def test_both_withstand_four_attributes_and_three_dates(seed: int) -> None:
    assert not told(attacked_audit(seed, attributes=4, days=3))
    assert not told(attacked_public(seed, attributes=4, days=3))


@pytest.fixture
def primary_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what is small itself is withheld; nothing is withheld to protect it."""
    for module in (margins, withheld):
        monkeypatch.setattr(module, "is_closed", lambda *_, **__: True)
    monkeypatch.setattr(margins, "_grow", lambda *_: False)


@pytest.mark.usefixtures("primary_only")
def test_without_complementary_suppression_the_attacker_wins() -> None:
    """This test shows that the others can fail: small counts are found to the last student."""
    found = [each for seed in range(2) for each in attacked_audit(seed, attributes=2).found]
    exact = [each for each in found if each.most - each.least < 1e-6 and 0 < each.least < MINIMUM]
    assert exact, "a small withheld count is known exactly"
    assert {each.count for each in found} >= {"students", "positive_students", "positives"}


@pytest.mark.usefixtures("primary_only")
def test_and_wins_against_the_public_edition_too() -> None:
    found = [each for seed in (4, 5) for each in attacked_public(seed, attributes=2, students=400).found]
    assert {each.count for each in found} >= {"chronic", "listed", "found"}


@pytest.mark.parametrize("part", ["by_date", "intersections", "coverage"])
def test_what_is_withheld_in_one_table_would_be_told_by_another(part: str) -> None:
    """Each of the other tables, printed as it was before suppression, gives withheld counts away."""
    given = district(1, attributes=2)
    report = audit_of(given)
    shown = suppress_fairness(report, MINIMUM)
    if part == "intersections":
        shown["intersections"] = report["intersections"]
    else:
        for own, told_before in zip(shown["attributes"], report["attributes"], strict=True):
            own[part] = told_before[part]
    assert told(attack_audit(given, shown, MINIMUM))


def test_the_attacker_solves_a_table_that_a_hand_can_solve() -> None:
    """Three groups of 20 in all, one of 12 known: the other two have 0 to 8 each."""
    attacker = Attacker(3)
    attacker.knows(np.array([1.0, 1.0, 1.0]), 20)
    attacker.knows(np.array([0.0, 0.0, 1.0]), 12)
    assert attacker.range_of(np.array([1.0, 0.0, 0.0])) == (0, 8)


def test_the_attacker_reads_bands_as_they_are_written() -> None:
    assert bounds_of("10% or less") == (0, 0.1)
    assert bounds_of("90% or more") == (0.9, 1)
    assert bounds_of("37%") == pytest.approx((0.365, 0.375))
