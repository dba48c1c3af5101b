"""What judged the same test year before: a verdict that is tried for again and again is worth less.

The registry remembers every run, also those that failed. Their number stands on the reports; and bytes
that failed an audit do not get through one that asks less of them.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ews.config import Audit
from ews.registry import Run

_ASKED = "audit_asked"
_TEST_YEAR = "test_year"


@dataclass(frozen=True)
class EarlierRun:
    """One run that judged a model on the same test year.

    Attributes
    ----------
    name, verdict : str
        The run's name, and the gate's verdict in it.
    model_digest : str
        Of the model that it judged.
    fairness_verdict : str
        The audit's verdict.
    asked : mapping or None
        What its audit asked; None where no audit could be made.
    """

    name: str
    verdict: str
    model_digest: str
    fairness_verdict: str
    asked: dict[str, Any] | None


def tags_of(test_year: int, settings: Audit, *, audited: bool) -> dict[str, str]:
    """Return the tags by which later runs know this one."""
    asked = {_ASKED: json.dumps(_asked(settings), sort_keys=True)} if audited else {}
    return {_TEST_YEAR: str(test_year), **asked}


def earlier_runs(runs: Sequence[Run], test_year: int) -> list[EarlierRun]:
    """Return the runs that ended with a judgement on a test year, the oldest first."""
    return [
        EarlierRun(
            run.name,
            run.tags["gate_verdict"],
            run.tags["model_digest"],
            run.tags["fairness_verdict"],
            json.loads(run.tags[_ASKED]) if _ASKED in run.tags else None,
        )
        for run in runs
        if run.tags.get(_TEST_YEAR) == str(test_year) and "gate_verdict" in run.tags
    ]


def failed_a_stricter_audit(
    earlier: Sequence[EarlierRun], model_digest: str, settings: Audit
) -> EarlierRun | None:
    """Return the newest run in which these very bytes failed an audit that asked more than this one, if any.

    An audit that asks no less may change the verdict: attributes are mended, students are purged.
    """
    now = _asked(settings)
    for run in reversed(earlier):
        failed = run.model_digest == model_digest and run.fairness_verdict == "fail"
        if failed and run.asked is not None and _asks_less(now, run.asked):
            return run
    return None


def history_note(earlier: Sequence[EarlierRun], test_year: int) -> list[str]:
    """Return a sentence on how often the test year has judged a model before; none for the first run."""
    if not earlier:
        return []
    counts = Counter(run.verdict.replace("_", " ") for run in earlier)
    verdicts = ", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items()))
    failed = [run.name for run in earlier if run.verdict == "fail"]
    more = " and earlier ones" if len(failed) > 5 else ""
    named = f" Failed: {', '.join(failed[-5:])}{more}." if failed else ""
    return [
        f"School year {test_year} has judged {len(earlier)} {'model' if len(earlier) == 1 else 'models'} "
        f"before this one: {verdicts}.{named} The more often one tries, the likelier a pass by chance."
    ]


def _asked(settings: Audit) -> dict[str, Any]:
    return {
        "sensitive": sorted(settings.sensitive),
        "tolerance": settings.tolerance.model_dump(),
        "min_group": settings.min_group,
        "economic_rests_on": settings.economic_rests_on,
    }


def _asks_less(now: dict[str, Any], before: dict[str, Any]) -> bool:
    return (
        not set(before["sensitive"]) <= set(now["sensitive"])
        or any(now["tolerance"][name] > value for name, value in before["tolerance"].items())
        or now["min_group"] > before["min_group"]
        or (now["economic_rests_on"], before["economic_rests_on"]) == ("meal_status", "other")
    )
