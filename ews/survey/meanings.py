"""What a code may mean. A meaning is taken only from a code that says it; the rest are suggestions.

The rule: a code that is one of the contract's own words, whatever its case and with spaces or hyphens
for underscores (``Illness``, ``Sent Home``), means that word; so does a grade or a school year written
with the same digits. Anything else is for a person to decide, also where most systems agree.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ews.config import GRADES
from ews.sources import KINDS


@dataclass(frozen=True)
class Meaning:
    """What a code means: ``value`` where its text says it, otherwise empty; and what it often means."""

    value: str
    suggestion: str = ""


def meaning_of(table: str, column: str, code: str) -> Meaning:
    """Return what a code of a column means.

    Examples
    --------
    >>> meaning_of("attendance", "code", "Absent Unexcused").value
    'absent_unexcused'
    >>> meaning_of("attendance", "code", "UA")
    Meaning(value='', suggestion='absent_unexcused')
    >>> meaning_of("enrollments", "grade", "9").value, meaning_of("enrollments", "grade", "K").value
    ('09', '')
    """
    words = canonical_words(table, column)
    plain = re.sub(r"[\s-]+", "_", code.strip().lower())
    for word in words:
        if plain == word.lower():
            return Meaning(word)
    if column == "grade" and re.fullmatch(r"0*[1-9]\d?", code) and f"{int(code):02d}" in GRADES:
        return Meaning(f"{int(code):02d}")
    return Meaning("", _suggestion(table, column, plain))


def canonical_words(table: str, column: str) -> tuple[str, ...]:
    """Return the words of the contract for a column of codes."""
    return _WORDS.get((table, column), _TRUE_FALSE)


def spring_year(code: str) -> str:
    """Return the year in which a school year written with two years ends; empty for any other text.

    Examples
    --------
    >>> spring_year("2025-26"), spring_year("2025-2026"), spring_year("2025-27"), spring_year("2026")
    ('2026', '2026', '', '')
    """
    match = re.fullmatch(r"((?:19|20)\d\d)[-/]((?:19|20)?\d\d)", code)
    if not match:
        return ""
    end = int(match[1]) + 1
    return str(end) if match[2] in (str(end), str(end)[2:]) else ""


_TRUE_FALSE = ("true", "false")

_WORDS: dict[tuple[str, str], tuple[str, ...]] = {
    ("attendance", "code"): KINDS,
    ("enrollments", "grade"): GRADES,
    ("schools", "level"): ("elementary", "middle", "high", "other"),
    ("nurse_visits", "category"): (
        "illness",
        "injury",
        "chronic_condition",
        "mental_health",
        "medication",
        "other",
    ),
    ("nurse_visits", "disposition"): ("returned_to_class", "sent_home", "emergency", "other"),
    ("meal_programs", "program"): ("breakfast", "lunch"),
    ("meal_programs", "eligibility"): ("free", "reduced", "paid", "cep"),
}

# Per table and column: what codes often mean, tried in this order on the whole code.
_OFTEN: dict[tuple[str, str], Sequence[tuple[str, str]]] = {
    ("attendance", "code"): (
        (r"p|pr|prs|pres.*|here|0", "present"),
        (r"t|l|te|tu|tx|td|tdy|late|tar.*|late_.*", "tardy"),
        (r"iss|i|in_school.*", "in_school_suspension"),
        (r"oss|s|sus|susp.*|out_of_school.*", "absent_suspension"),
        (r"h|hb|x|home_?bound|exempt.*|medical_exempt.*", "exempt"),
        (r"e|ea|ae|ex|exc|m|med|excused.*|absent_excused.*|ill.*|medical.*|doctor.*", "absent_excused"),
        (r"a|u|ua|au|un|unx|une|abs|tr|truan.*|unexcused.*|absent.*|unverified.*", "absent_unexcused"),
    ),
    ("enrollments", "grade"): (
        (r"k|kf|kh|kdg|kg.*|kind.*|0+", "KG"),
        (r"p|pk.*|ps|pre.*|p3|p4|-1|-2", "PK"),
        *(
            (rf"(?:grade_?)?0*{number}(?:st|nd|rd|th)?(?:_grade)?", f"{number:02d}")
            for number in range(1, 13)
        ),
    ),
    ("schools", "level"): (
        (r"e|es|el|elem.*|primary.*", "elementary"),
        (r"m|ms|mid.*|jr.*|junior.*", "middle"),
        (r"h|hs|high.*|sr.*|senior.*|secondary", "high"),
    ),
    ("nurse_visits", "category"): (
        (r"ill.*|sick.*|fever.*|nausea.*|headache.*|stomach.*", "illness"),
        (r"inj.*|accident.*|fall.*|head_injury|first_aid.*", "injury"),
        (r"asthma.*|diabet.*|chronic.*|allerg.*|seizure.*", "chronic_condition"),
        (r"anxi.*|mental.*|behav.*|emotional.*|counsel.*", "mental_health"),
        (r"med.*|rx|inhaler.*|insulin.*", "medication"),
        (r"oth.*|misc.*|screening.*", "other"),
    ),
    ("nurse_visits", "disposition"): (
        (r"rtc|class|return.*|back_to_class|r", "returned_to_class"),
        (r"home|sent_home.*|went_home.*|h|picked_up.*|dismissed.*", "sent_home"),
        (r"911|ems|er|ambulance.*|emerg.*|hospital.*", "emergency"),
        (r"oth.*|misc.*", "other"),
    ),
    ("meal_programs", "program"): (
        (r"b|br|.*breakfast.*|sbp", "breakfast"),
        (r"l|lu|.*lunch.*|nslp", "lunch"),
    ),
    ("meal_programs", "eligibility"): (
        (r"f|1|free.*|direct.*", "free"),
        (r"r|2|red.*", "reduced"),
        (r"p|3|n|paid.*|full.*|denied.*|not_eligible", "paid"),
        (r"c|cep.*|community.*|provision.*", "cep"),
    ),
    ("", ""): (
        (r".*non.*|no_.*|not_.*|.*holiday.*|.*closed.*|.*break.*|.*recess.*|off|weekend", "false"),
        (r".*instruction.*|.*school_day.*|.*in_session.*|open|make_?up.*|regular.*|i|d|in", "true"),
    ),
}


def _suggestion(table: str, column: str, plain: str) -> str:
    often = _OFTEN.get((table, column), _OFTEN["", ""])
    return next((meaning for pattern, meaning in often if re.fullmatch(pattern, plain)), "")
