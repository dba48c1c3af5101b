"""How much a list changes in a week, counted again with sets."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import defaultdict

import pandas as pd

from ews.features.matrix import build_matrix
from ews.label import outcomes
from ews.model.model_files import read_model
from ews.store.schema import read_store
from tests.pipeline.at_work import AtWork


def listed_students(risks: pd.DataFrame, per_school: dict[str, int]) -> dict[str, set[str]]:
    """Fill every school's lists by hand: risk, then fewer absences left, then the hash of the id."""
    found: dict[str, set[str]] = {"prevent": set(), "intensive": set()}
    by_list = defaultdict(list)
    for row in risks.itertuples():
        section = "intensive" if row.already_chronic else "prevent"
        tie = hashlib.sha256(row.student_id.encode()).hexdigest()
        by_list[row.school_id, section].append((-row.risk, row.absences_left, tie, row.student_id))
    for (_, section), students in by_list.items():
        found[section] |= {student for *_, student in sorted(students)[: per_school[section]]}
    return found


def test_the_share_that_stays_a_week_later_is_that_of_lists_filled_by_hand(in_service: AtWork) -> None:
    weeks = in_service.figures("evaluation.json")["week_to_week"]
    assert 1 <= len(weeks) <= 3
    capacity = in_service.config.outreach.capacity
    places = {name: getattr(capacity, name).per_school for name in ("prevent", "intensive")}
    version = in_service.registry_client().get_model_version_by_alias(in_service.model_name, "champion")
    model = read_model(in_service.model_folder(), version.tags["model_digest"])

    for week in weeks:
        days = [dt.date.fromisoformat(week[end]) for end in ("from", "to")]
        scored: list[pd.DataFrame] = []
        with read_store(in_service.workspace) as session:
            known = outcomes(session, in_service.config)
            labelled = set(known.loc[(known["school_year"] == 2025) & known["label"].notna(), "student_id"])
            for day in days:
                matrix = build_matrix(session, day, in_service.config)
                kept = matrix.scorable().to_numpy()
                standing = matrix.standing.loc[kept].reset_index(drop=True)
                scored.append(standing.assign(risk=model.risks(matrix.features.loc[kept])))
        # Who is scored on the first day and has an outcome competes on both.
        competing = labelled & set(scored[0]["student_id"])
        earlier, later = (
            listed_students(each.loc[each["student_id"].isin(competing)], places) for each in scored
        )
        everyone = competing & set(scored[1]["student_id"])
        for section in ("prevent", "intensive"):
            stated = week["predictors"]["model"][section]
            was = earlier[section] & everyone
            assert stated["places"] == len(was) > 0
            assert stated["stayed"] == len(was & later[section])
            assert stated["left"] == len(earlier[section] - everyone)
            assert stated["share"]["value"] == stated["stayed"] / stated["places"]
        assert days[0] < days[1] <= days[0] + dt.timedelta(days=21)
