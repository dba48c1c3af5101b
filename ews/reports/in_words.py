"""What the figures say, in words: the sentences of the fairness report, and the outcome on every page."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ews.equity.gate import gate_verdict
from ews.reports.numbers import (
    SUPPRESSED,
    VERDICTS,
    count,
    number_of,
    per_hundred,
    percent,
    value_of,
)

IN_SERVICE = {
    "pass": "may be put in service",
    "insufficient_evidence": "may be put in service only when an equity officer has signed off in writing",
    "fail": "must not be put in service",
}
"""Verdict of the gate -> what follows from it."""


@dataclass(frozen=True)
class Outcome:
    """What was predicted, in the words of every page; they fit one student and many.

    Parameters
    ----------
    did, do : str
        After "students who", looking back; after "students who will", looking ahead.
    meaning : str
        A sentence or two for those who look the words up.
    """

    did: str
    do: str
    meaning: str

    @property
    def title(self) -> str:
        """Return the words as a heading."""
        return self.did[0].upper() + self.did[1:]


_USUAL = Outcome(
    "became chronically absent",
    "become chronically absent",
    "Missed the district's threshold of the days enrolled by the end of the school year, for any reason.",
)
_OVER_THE_REST = Outcome(
    "went on to be chronically absent over the rest of the year",
    "go on to be chronically absent over the rest of the year",
    "Missed the district's threshold of the days enrolled from that date to the end of the school year, for "
    "any reason; absences before that date do not count.",
)


def outcome_words(label: Mapping[str, Any] | None) -> Outcome:
    """Return the words for what was predicted.

    Parameters
    ----------
    label : mapping or None
        ``label`` of ``evaluation.json``; None (older runs): chronic absence by the end of the year.

    Examples
    --------
    >>> sentence = "Predicted: whether a student is absent on at least 5 of the next 20 instructional days."
    >>> outcome_words({"name": "absences_within", "sentence": sentence}).did
    'missed at least 5 of the next 20 school days'
    """
    if label is None or label["name"] == "chronic_by_end":
        return _USUAL
    if label["name"] == "chronic_over_the_rest":
        return _OVER_THE_REST
    asked = re.search(r"at least (\d+) of the next (\d+)", label["sentence"])
    days = f"at least {asked[1]} of the next {asked[2]} school days" if asked else "as many days as was asked"
    return Outcome(f"missed {days}", f"miss {days}", str(label["sentence"]))


def in_these_words(document: Any, outcome: Outcome) -> Any:
    """Return a document of the audit, which speaks of the usual label, in the words of another."""
    if outcome == _USUAL:
        return document
    if isinstance(document, str):
        return document.replace(_USUAL.did, outcome.did)
    if isinstance(document, Mapping):
        return {key: in_these_words(each, outcome) for key, each in document.items()}
    if isinstance(document, list | tuple):
        return [in_these_words(each, outcome) for each in document]
    return document


def in_one_minute(fairness: Mapping[str, Any], evaluation: Mapping[str, Any]) -> list[str]:
    """Return at most five sentences for somebody who reads no further."""
    sentences = [
        _what_was_compared(fairness),
        how_it_ended(fairness["comparisons"]),
        who_is_not_judged(fairness),
        _widest_open(fairness),
        _what_follows(fairness, evaluation),
    ]
    return [each for each in sentences if each]


def in_students(comparison: Mapping[str, Any], tolerance: float) -> str:
    """Say a comparison's interval in students of 100, or as it is where it speaks of no students.

    Examples
    --------
    >>> in_students({"measure": "excess_fnr", "value": 0.05, "low": -0.02, "high": 0.12}, 0.1)
    'Of 100, between 2 fewer and 12 more were left off than their risks account for; tolerated: 10 more.'
    """
    value, low, high = (number_of(comparison, key) for key in ("value", "low", "high"))
    if value_of(comparison) == SUPPRESSED:
        return "Withheld: few students."
    if value is None or low is None or high is None:
        return "The figures do not allow an interval."
    if comparison["measure"] == "auc_difference":
        return "How far the group's students are told apart less well than the rest."
    return (
        f"Of 100, {_between(low, high)} were left off than their risks account for; "
        f"tolerated: {per_hundred(tolerance)} more."
    )


def coverage_sentence(coverage: Mapping[str, Any] | None) -> str:
    """Say for how many students the attribute is known, and who is left out; empty where it is not told."""
    if coverage is None:
        return ""
    students, known = coverage["students"], coverage["known"]
    said = f"Known for {count(known)} of {count(students)} students{_share(known, students)}"
    if value_of(coverage["unknown"]):
        said += f"; {count(coverage['unknown'])} are counted as Unknown"
    said += "."
    if value_of(coverage["left_out"]):
        said += f" Left out: {count(coverage['left_out'])} students."
    return f"{said} {coverage['note']}".strip()


def one_sided(names: Sequence[str], sides: Sequence[str], noun: str) -> str:
    """Say how many intervals lie to one side of 0, and how many would by chance.

    Parameters
    ----------
    names : sequence of str
        All groups.
    sides : sequence of str
        For every group ``above``, ``below``, ``around`` or ``hidden``.
    noun : str
        What the groups are, in the plural.
    """
    drawn = len(names) - sides.count("hidden")
    if not drawn:
        return f"No {noun} can be shown."
    named = [each for each, side in zip(names, sides, strict=True) if side == "above"]
    some = f" ({'; '.join(named)})" if 0 < len(named) <= 6 else ""
    return (
        f"In {len(named)} of {drawn} {noun}{some} the whole interval lies above 0, in {sides.count('below')} "
        f"below it; where nothing differs, about {max(1, round(0.05 * drawn))} in all are to be expected by "
        "chance."
    )


def _between(low: float, high: float) -> str:
    """Return two differences of shares as students in 100: "between 2 fewer and 12 more"."""
    ends = [round(100 * each, 1) for each in (low, high)]
    if ends[0] < 0 < ends[1]:
        return f"between {-ends[0]:g} fewer and {ends[1]:g} more"
    sizes = [f"{size:g}" for size in sorted(abs(each) for each in ends)]
    return f"between {' and '.join(sizes)} {'fewer' if ends[0] < 0 else 'more'}"


def _what_was_compared(fairness: Mapping[str, Any]) -> str:
    if not fairness["attributes"]:
        return "No group was compared with any other, because the audit could not be made."
    groups = [group for each in fairness["attributes"] for group in each["groups"]]
    judged = sum(group["verdict"] != "not_judged" for group in groups)
    titles = [each["title"] for each in fairness["attributes"]]
    how = "on the lists as they were published" if "as_served" in fairness else "which the model had not seen"
    return (
        f"{judged} of {len(groups)} groups could be judged, by {_listed(titles)}, each against all other "
        f"students, in school year {fairness['test_year']}, {how}."
    )


def how_it_ended(comparisons: Sequence[Mapping[str, Any]]) -> str:
    """Say how many comparisons passed, are open and failed; empty where none was judged."""
    verdicts = [each["verdict"] for each in comparisons if each["verdict"] != "not_judged"]
    if not verdicts:
        return ""
    if set(verdicts) == {"pass"}:
        return f"All {len(verdicts)} comparisons passed."
    ended = [f"{verdicts.count('pass')} passed", f"{verdicts.count('insufficient_evidence')} are open"]
    return f"Of {len(verdicts)} comparisons {', '.join(ended)} and {verdicts.count('fail') or 'none'} failed."


def who_is_not_judged(fairness: Mapping[str, Any]) -> str:
    """Name the groups that are too small to judge, or say how many they are."""
    if not fairness["attributes"]:
        return ""
    left = [
        f"{group['group']} ({each['title']})"
        for each in fairness["attributes"]
        for group in each["groups"]
        if group["verdict"] == "not_judged"
    ]
    if not left:
        return "Every group was large enough to judge."
    named = _listed(left) if len(left) <= 4 else f"{len(left)} groups, named below"
    share = fairness["not_judged_share_of_positives"]
    weight = f", with at most {percent(share)} of those who became chronically absent"
    return f"Not judged, which is not a pass: {named}{weight if number_of(share) is not None else ''}."


def _widest_open(fairness: Mapping[str, Any]) -> str:
    """Name the comparison that failed most clearly or, if none did, the open one that reaches farthest."""
    titles = {each["attribute"]: each["title"] for each in fairness["attributes"]}
    for verdict, key, head in (
        ("fail", "low", "Clearest beyond tolerance"),
        ("insufficient_evidence", "high", "Widest open question"),
    ):
        found = [
            (bound, each)
            for each in fairness["comparisons"]
            if each["verdict"] == verdict
            and each["measure"] == "excess_fnr"
            and (bound := number_of(each, key)) is not None
        ]
        if found:
            _, each = max(found, key=lambda pair: pair[0])
            said = in_students(each, fairness["tolerance"]["excess_fnr"])
            who = f"{titles[each['attribute']]}, {each['group']}, {each['list']} list"
            return f"{head} ({who}): {said.replace('Of 100,', 'of 100 who became chronically absent,')}"
    return ""


def _what_follows(fairness: Mapping[str, Any], evaluation: Mapping[str, Any]) -> str:
    if "as_served" in fairness:
        return str(fairness["as_served"]["sentence"])
    lift = evaluation["lift"]["verdict"]
    gate = gate_verdict(lift, fairness["verdict"])
    return (
        f"The gate's other question, whether the model ranks better than a rule of thumb: "
        f"{' '.join(VERDICTS[lift])}; by both answers the model {IN_SERVICE[gate]}."
    )


def _share(part_of: Any, whole: Any) -> str:
    top, bottom = number_of(part_of), number_of(whole)
    if top is None or not bottom:
        return ""
    # "100%" would say that nobody is missing.
    return " (more than 99%)" if 0.99 < top / bottom < 1 else f" ({percent(top / bottom)})"


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
