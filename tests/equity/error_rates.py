"""How often the audit errs: over fair districts, harmed ones, and ones in which a group is not seen.

The rates and the power curve that stand in docs/fairness.md come from here:

    python -m tests.equity.error_rates docs/images/fairness_power.svg
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from tests.equity.simulated_districts import (
    audited,
    failed_on_a_list,
    group_size_for,
    one_date_behind,
    scored_too_low,
    seen_through_noise,
    simulated,
    verdicts_of,
)

GROUP = "Black"
LARGE = 1_000

Verdicts = dict[tuple[str, str], tuple[int, str]]


def fair(seed: int, students: int | None = None) -> tuple[str, Verdicts]:
    """Return the verdict on a fair district, and that on each group beside its positive students.

    Every second district has the base rates of DOMAIN 7; in every second of either kind the model is a
    date behind. From 3,000 to 24,000 students.
    """
    students = students or 3_000 + 3_000 * (seed % 8)
    district = simulated(seed, students, equal=seed % 2 == 0)
    rows = one_date_behind(district) if seed // 2 % 2 else None
    report = audited(district, rows)
    groups = verdicts_of(report).items()
    return report["verdict"], {key: (each["positive_students"], each["verdict"]) for key, each in groups}


def harmed(seed: int, positives: int = 300, logits: float = 1.0, students: int = 8_000) -> tuple[str, bool]:
    """Return the verdict on a district that scores a group too low, and whether the audit names the group."""
    sizes = {GROUP: group_size_for(positives, GROUP)}
    district = simulated(10_000 + seed, max(students, 3 * sizes[GROUP]), sizes=sizes)
    report = audited(district, scored_too_low(district, GROUP, logits))
    named = failed_on_a_list(report, GROUP) and f"{GROUP} (race_ethnicity)" in report["sentence"]
    return report["verdict"], named


def blind(seed: int, students: int = 8_000) -> tuple[str, str]:
    """Return the verdict on a district that does not see a group, and that on the group."""
    district = simulated(20_000 + seed, students)
    report = audited(district, seen_through_noise(district, GROUP, seed))
    return report["verdict"], verdicts_of(report)["race_ethnicity", GROUP]["verdict"]


def over(districts: Callable[[int], Any], seeds: Iterable[int], workers: int = 2) -> list[Any]:
    """Return what comes of every seed, on several processes."""
    with ProcessPoolExecutor(workers) as pool:
        return list(pool.map(districts, seeds, chunksize=4))


def large_groups(found: Iterable[tuple[str, Verdicts]]) -> Counter[str]:
    """Count the verdicts on groups of 1,000 or more positive students."""
    return Counter(
        verdict for _, groups in found for positives, verdict in groups.values() if positives >= LARGE
    )


SIZES = (30, 60, 100, 200, 300, 600)
GAPS = (0.25, 0.5, 0.75, 1.0)


def power(positives: int, logits: float, districts: int = 25) -> float:
    """Return the share of harmed districts in which the audit fails the group."""
    found = over(partial(harmed, positives=positives, logits=logits), range(districts))
    return sum(named for _, named in found) / districts


def main(picture: Path) -> None:
    """Print every rate as Markdown and draw the power curve."""
    rates = over(fair, range(200))
    verdicts, large = Counter(verdict for verdict, _ in rates), large_groups(rates)
    _say(f"fair: {dict(verdicts)}; groups of {LARGE} or more: {dict(large)}")
    _say(f"harmed: {Counter(named for _, named in over(harmed, range(200)))}")
    _say(f"blind: {Counter(verdict for verdict, _ in over(blind, range(200)))}")
    curves = {}
    for logits in GAPS:
        curves[logits] = [power(positives, logits) for positives in SIZES]
        _say(f"| {logits} | " + " | ".join(f"{100 * each:.0f}%" for each in curves[logits]) + " |")
    _draw(curves, picture)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _draw(curves: dict[float, list[float]], picture: Path) -> None:
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "ews"
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 3.8))
    for (logits, curve), style in zip(curves.items(), (":", "-.", "--", "-"), strict=True):
        shares = [100 * each for each in curve]
        axes.plot(
            SIZES, shares, style, color="black", marker="o", markersize=3, label=f"{logits} logits too low"
        )
    axes.legend(frameon=False, reverse=True, loc="center left", bbox_to_anchor=(1.0, 0.5))
    axes.set_xscale("log")
    axes.set_xticks(SIZES, [f"{each:,}" for each in SIZES])
    axes.minorticks_off()
    axes.set_xlabel("Students of the group who became chronically absent")
    axes.set_ylabel("Districts in which the audit\nfails the group (%)")
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(picture, metadata={"Date": None}, bbox_inches="tight")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
