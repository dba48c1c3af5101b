"""The simulated district looks like the published figures (DOMAIN 7), each within a stated tolerance.

How figures were scaled. Absences per year in DOMAIN are those of Tennessee at about 18% chronic; a
negative binomial of size 1.3 that puts 25% at 18 days or more has mean 12.5, median 9, 90th percentile
27 and 99th 52, and that is the shape asked for here. Weekdays, months and noise are New York City's at
10.5% absent; here they are compared relative to the mean rate. Group and grade shares are compared as
order and as ratios. School rates are not asked to reach New York's worst (5% of schools at 71%).
"""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ews.simulate.district import simulate
from tests.simulate.reading import covered_spells, final_events, read, school_days, yearly


class Figures:
    """What the tests look at, read once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.years = yearly(folder)
        self.events = final_events(folder)
        self.spells = covered_spells(folder)
        self.students = read(folder, "students").set_index("student_id")
        self.with_groups = self.years.merge(self.students, left_on="student_id", right_index=True)
        days = school_days(folder)
        self.days = days[days["school_year"] != "2026"]
        self.school_days = self._school_days()
        by_date = (
            self.school_days.groupby(["school_year", "date"])[["absent", "enrolled"]].sum().reset_index()
        )
        self.by_date = by_date.assign(rate=by_date["absent"] / by_date["enrolled"])
        self.by_date["when"] = pd.to_datetime(by_date["date"])

    def _school_days(self) -> pd.DataFrame:
        key = ["school_id", "school_year"]
        enrolled = self.spells.groupby(key)["days"].sum() / self.days.groupby(key).size()
        absent = self.events[self.events["absent"]].groupby(["school_id", "date"]).size().rename("absent")
        table = self.days.merge(enrolled.rename("enrolled").reset_index(), on=key)
        table = table.merge(absent.reset_index(), on=["school_id", "date"], how="left").fillna({"absent": 0})
        return table.assign(rate=table["absent"] / table["enrolled"])

    def share(self, attribute: str) -> pd.Series:
        """The chronic share by group."""
        return self.with_groups.groupby(attribute)["chronic"].mean()

    def pairs(self, lag: int = 1) -> pd.DataFrame:
        """Students with half a year or more in two years that lie `lag` apart."""
        now = self.years[self.years["days"] >= 90].assign(year=lambda t: t["school_year"].astype(int))
        before = now.assign(year=now["year"] + lag)[["student_id", "year", "rate", "chronic"]]
        return now.merge(before, on=["student_id", "year"], suffixes=("", "_before"))

    def relative(self, part: pd.Series) -> pd.Series:
        """Absence rate by part (weekday, month), relative to the mean rate."""
        sums = self.by_date.groupby(part)[["absent", "enrolled"]].sum()
        total = self.by_date["absent"].sum() / self.by_date["enrolled"].sum()
        return sums["absent"] / sums["enrolled"] / total


def _auc(label: pd.Series, score: pd.Series) -> float:
    rank = score.rank()
    positives = label.sum()
    negatives = len(label) - positives
    return float((rank[label.astype(bool)].sum() - positives * (positives + 1) / 2) / (positives * negatives))


@pytest.fixture(scope="module")
def small(district: Path) -> Figures:
    return Figures(district)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Figures:
    """20,000 students over four finished years."""
    folder = tmp_path_factory.mktemp("large") / "district"
    return Figures(simulate(folder, students=20_000, years=5, seed=1).parent)


def test_even_a_small_district_has_a_plausible_share_and_shape(small: Figures) -> None:
    absences = small.years.loc[small.years["days"] >= 90, "absences"]

    assert 0.15 < small.years["chronic"].mean() < 0.36
    assert 8 <= absences.mean() <= 17
    assert absences.median() < absences.mean()
    assert 0.35 < small.pairs()["rate"].corr(small.pairs()["rate_before"]) < 0.75
    assert small.share("economically_disadvantaged")["yes"] > small.share("economically_disadvantaged")["no"]
    assert 0.3 < (small.events.loc[small.events["absent"], "kind"] == "absent_unexcused").mean() < 0.7


@pytest.mark.slow
def test_about_a_quarter_of_students_are_chronically_absent_every_year(large: Figures) -> None:
    share = large.years.groupby("school_year")["chronic"].mean()

    assert share.between(0.21, 0.29).all()
    assert 0.23 <= share.mean() <= 0.28


@pytest.mark.slow
def test_groups_differ_in_the_order_and_about_the_size_published(large: Figures) -> None:
    race = large.share("race_ethnicity")
    published = {
        "White": 21,
        "Black": 36,
        "Hispanic": 33,
        "Asian": 15,
        "Multiracial": 29,
        "Native American": 44,
    }

    assert race["Asian"] < race["White"] < race["Multiracial"] < race["Hispanic"] < race["Black"]
    assert min(race["Native American"], race["Pacific Islander"]) > race["Black"]
    for group, percent in published.items():  # published at about 27% overall
        assert race[group] == pytest.approx(percent / 100 * large.years["chronic"].mean() / 0.27, abs=0.05), (
            group
        )
    for attribute, low, high in (
        ("disability", 1.5, 2.2),
        ("economically_disadvantaged", 1.6, 2.2),
        ("english_learner", 1.15, 1.6),
        ("homeless", 1.7, 2.5),
        ("foster", 1.0, 1.8),
    ):
        share = large.share(attribute)
        assert low <= share["yes"] / share["no"] <= high, attribute
    assert abs(large.share("sex")["M"] - large.share("sex")["F"]) <= 0.025


@pytest.mark.slow
def test_absence_is_u_shaped_over_the_grades(large: Figures) -> None:
    share = large.share("grade")
    middle_of_elementary = share[["02", "03", "04", "05"]].mean()

    assert 1.3 <= share["KG"] / middle_of_elementary <= 2.0
    assert 1.6 <= share["12"] / middle_of_elementary <= 2.8
    assert share["KG"] > share["01"] > middle_of_elementary
    assert (
        middle_of_elementary
        < share[["06", "07", "08"]].mean()
        < share[["09", "10", "11"]].mean()
        < share["12"]
    )


@pytest.mark.slow
def test_absences_a_year_are_shaped_like_a_negative_binomial_of_size_about_1_3(large: Figures) -> None:
    absences = large.years.loc[large.years["days"] >= 90, "absences"]
    size = absences.mean() ** 2 / (absences.var() - absences.mean())

    assert absences.mean() == pytest.approx(12.5, abs=1.5)
    assert absences.median() == pytest.approx(9, abs=1)
    assert absences.quantile(0.90) == pytest.approx(27, abs=3)
    assert absences.quantile(0.99) == pytest.approx(52, abs=12)
    assert 1.0 <= size <= 1.5


@pytest.mark.slow
def test_one_year_tells_about_the_next_as_much_as_it_does_in_real_districts(large: Figures) -> None:
    next_year, two_years = large.pairs(1), large.pairs(2)
    after_chronic = next_year.loc[next_year["chronic_before"], "chronic"].mean()

    assert next_year["rate"].corr(next_year["rate_before"]) == pytest.approx(0.53, abs=0.05)
    assert two_years["rate"].corr(two_years["rate_before"]) == pytest.approx(0.44, abs=0.06)
    assert 0.50 <= after_chronic <= 0.65
    assert 0.77 <= _auc(next_year["chronic"], next_year["rate_before"]) <= 0.83


@pytest.mark.slow
def test_september_alone_does_not_give_the_year_away(large: Figures) -> None:
    truth = pd.read_parquet(large.folder / "truth" / "risk.parquet")
    day = sorted(truth.loc[truth["school_year"] == 2025, "as_of_date"].unique())[0]
    at = truth[truth["as_of_date"] == day]
    absent = large.events[large.events["absent"] & large.events["date"].between("2024-08-01", str(day))]
    absent = absent[absent["date"] < str(day)]
    so_far = (
        absent.groupby("student_id").size().reindex(at["student_id"], fill_value=0).reset_index(drop=True)
    )

    assert 0.70 <= _auc(at["outcome"].reset_index(drop=True), so_far) <= 0.92
    assert _auc(at["outcome"], at["risk"]) <= 0.95


@pytest.mark.slow
def test_weekdays_and_months_follow_the_published_pattern(large: Figures) -> None:
    weekday = large.relative(large.by_date["when"].dt.day_of_week)
    month = large.relative(large.by_date["when"].dt.month)
    published_weekday = np.array([11.1, 10.3, 10.1, 10.2, 11.8])
    published_month = {
        9: 10.8,
        10: 9.5,
        11: 10.2,
        12: 11.0,
        1: 10.3,
        2: 10.9,
        3: 11.0,
        4: 10.0,
        5: 11.2,
        6: 12.8,
    }

    assert weekday.to_numpy() == pytest.approx(published_weekday / published_weekday.mean(), abs=0.06)
    mean = np.mean(list(published_month.values()))
    for number, rate in published_month.items():  # noise of a month's 20 days, over 4 years
        assert month[number] == pytest.approx(rate / mean, abs=0.12), number


@pytest.mark.slow
def test_shock_days_stand_out_as_published(large: Figures) -> None:
    dates = large.by_date.sort_values("date")
    last = dates.groupby("school_year")["rate"].last()
    december = dates[dates["when"].dt.month == 12].groupby("school_year")["rate"].last()
    when = dates["when"]  # the eve of Thanksgiving is the Wednesday from 21 to 27 November
    eve = dates[(when.dt.month == 11) & when.dt.day.between(21, 27) & (when.dt.day_of_week == 2)]["rate"]

    assert last.between(0.14, 0.26).all()
    assert december.between(0.11, 0.22).all()
    assert len(eve) == 4
    assert eve.between(0.09, 0.20).all()
    assert dates["rate"].median() < 0.085


@pytest.mark.slow
def test_days_are_as_noisy_as_published_relative_to_the_mean(large: Figures) -> None:
    mean = large.by_date["rate"].mean()
    district = large.by_date.groupby("school_year")["rate"].std().mean()
    calm = large.by_date[large.by_date["rate"] < 2 * mean]
    lag = calm.groupby("school_year")["rate"].apply(lambda rates: rates.autocorr()).mean()
    schools = large.school_days
    within = schools["rate"] - schools.groupby(["school_id", "school_year"])["rate"].transform("mean")

    assert district / mean == pytest.approx(2.3 / 10.5, abs=0.12)  # a snow day more or less moves it much
    assert lag == pytest.approx(0.32, abs=0.12)  # without shock days
    assert within.std() / mean == pytest.approx(5.7 / 10.5, abs=0.12)


@pytest.mark.slow
def test_schools_differ_in_size_and_attendance(large: Figures) -> None:
    sums = large.school_days.groupby("school_id")[["absent", "enrolled"]].sum()
    attendance = 1 - sums["absent"] / sums["enrolled"]
    size = large.school_days.drop_duplicates(["school_id", "school_year"])["enrolled"]

    low, quarter, middle, three_quarters, high = attendance.quantile([0.05, 0.25, 0.5, 0.75, 0.95])
    assert low < 0.91
    assert quarter == pytest.approx(0.91, abs=0.02)
    assert middle == pytest.approx(0.93, abs=0.015)
    assert three_quarters == pytest.approx(0.945, abs=0.015)
    assert high == pytest.approx(0.96, abs=0.015)
    assert size.max() > 3 * size.min()


@pytest.mark.slow
def test_about_half_of_absence_is_unexcused_rising_with_the_grade(large: Figures) -> None:
    grade = large.years.drop_duplicates("student_id", keep="last").set_index("student_id")["grade"]
    absent = large.events[large.events["absent"]]
    unexcused = absent["kind"] == "absent_unexcused"
    by_grade = unexcused.groupby(absent["student_id"].map(grade)).mean()

    assert unexcused.mean() == pytest.approx(0.5, abs=0.05)
    assert by_grade[["KG", "01", "02"]].mean() < by_grade[["06", "07"]].mean() < by_grade[["10", "11"]].mean()
    assert 0.002 < (absent["kind"] == "absent_suspension").mean() < 0.02


@pytest.mark.slow
def test_nurse_visits_are_as_many_and_as_skewed_as_published_and_say_something(large: Figures) -> None:
    visits = read(large.folder, "nurse_visits")
    visits = visits[visits["date"] < "2025-08-01"]
    person_years = large.with_groups["economically_disadvantaged"].value_counts()
    poor = (
        visits["student_id"].map(large.students["economically_disadvantaged"]).value_counts() / person_years
    )
    sent = visits[visits["disposition"] == "sent_home"]
    dates = sorted(large.by_date["date"])
    after = sent["date"].map(dict(itertools.pairwise(dates)))
    away = set(
        large.events.loc[large.events["absent"], ["student_id", "date"]].itertuples(index=False, name=None)
    )
    next_day = [pair in away for pair in zip(sent["student_id"], after, strict=True)]

    assert 1.1 <= len(visits) / len(large.years) <= 4.3
    assert poor["yes"] / poor["no"] == pytest.approx(1.8, abs=0.3)
    assert len(sent) / len(visits) == pytest.approx(0.16, abs=0.02)
    assert np.mean(next_day) > 0.4
    counts = visits.groupby("student_id").size().reindex(large.students.index, fill_value=0)
    assert counts.nlargest(len(counts) // 10).sum() > 0.3 * counts.sum()


@pytest.mark.slow
def test_meals_and_mobility_are_as_published(large: Figures) -> None:
    schools = read(large.folder, "schools")
    spells = large.spells[large.spells["school_year"] != "2026"]
    whole = spells.groupby("school_year").agg(first=("entry_date", "min"), last=("exit_date", "max"))
    each = spells.groupby(["student_id", "school_year"]).agg(
        count=("days", "size"), first=("entry_date", "min"), last=("exit_date", "max")
    )
    each = each.join(whole.add_suffix("_of_year"), on="school_year")
    moved = (
        (each["count"] > 1) | (each["first"] > each["first_of_year"]) | (each["last"] < each["last_of_year"])
    )

    assert (schools["cep"] == "true").mean() == pytest.approx(0.40, abs=0.05)
    assert moved.mean() == pytest.approx(0.10, abs=0.015)


@pytest.mark.slow
def test_the_true_risk_is_calibrated_over_the_years(large: Figures) -> None:
    truth = pd.read_parquet(large.folder / "truth" / "risk.parquet").dropna()
    bins = truth.groupby(
        pd.cut(truth["risk"], [0, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 0.95, 1.0], include_lowest=True)
    )

    # Weather is shared by all students of a year, so a year's mean may miss by more than chance would.
    assert abs(truth["risk"].mean() - truth["outcome"].mean()) < 0.01
    assert ((bins["risk"].mean() - bins["outcome"].mean()).abs() < 0.025).all()
