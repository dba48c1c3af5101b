"""Which years train, validate and test: the contract's rule as a table."""

from __future__ import annotations

import pytest

from ews.errors import DataRefused
from ews.model.years import plan_years

CASES = [
    # complete years, excluded, train, validation, test, notes
    ([2024, 2025], [], (2024,), None, 2025, 2),
    ([2023, 2024, 2025], [], (2024,), None, 2025, 1),
    ([2022, 2023, 2024, 2025], [], (2023,), 2024, 2025, 0),
    ([2020, 2021, 2022, 2023, 2024, 2025], [], (2021, 2022, 2023), 2024, 2025, 0),
    # An excluded year in the middle: neither trained on nor judged on.
    ([2020, 2021, 2022, 2023, 2024, 2025], [2021], (2022, 2023), 2024, 2025, 0),
    ([2020, 2021, 2022, 2023, 2024, 2025], [2024], (2021, 2022), 2023, 2025, 0),
    ([2020, 2021, 2022, 2023, 2024, 2025], [2025], (2021, 2022), 2023, 2024, 1),
    # The first stored year is excluded: it still feeds the features of the one after it.
    ([2022, 2023, 2024, 2025], [2022], (2023,), 2024, 2025, 0),
    ([2023, 2024, 2025], [2023], (2024,), None, 2025, 1),
    # What is excluded need not be there.
    ([2022, 2023, 2024, 2025], [2019, 2020], (2023,), 2024, 2025, 0),
    # The order in which years are given does not matter.
    ([2025, 2022, 2024, 2023], [], (2023,), 2024, 2025, 0),
]


@pytest.mark.parametrize(("complete", "excluded", "train", "validation", "test", "notes"), CASES)
def test_plan(
    complete: list[int],
    excluded: list[int],
    train: tuple[int, ...],
    validation: int | None,
    test: int,
    notes: int,
) -> None:
    plan = plan_years(complete, excluded)

    assert (plan.train, plan.validation, plan.test) == (train, validation, test)
    assert len(plan.notes) == notes
    assert plan.years == tuple(sorted({*train, test, *({validation} if validation else ())}))
    assert not set(plan.years) & set(excluded)


@pytest.mark.parametrize(
    ("complete", "excluded"), [([], []), ([2025], []), ([2024, 2025], [2024]), ([2024, 2025], [2024, 2025])]
)
def test_too_few_years_are_refused_with_what_is_missing(complete: list[int], excluded: list[int]) -> None:
    with pytest.raises(DataRefused) as refusal:
        plan_years(complete, excluded)

    assert refusal.value.exit_code == 20
    assert "at least 2" in refusal.value.expected
    assert f"{len(set(complete) - set(excluded))} complete" in refusal.value.found


def test_two_years_say_what_it_costs_that_nobody_has_a_last_year() -> None:
    _, first_year = plan_years([2024, 2025]).notes

    assert "first stored year" in first_year
    assert "last year" in first_year
