"""docs/benchmarks.md from the file of measurements: ``python -m tests.benchmarks.report``."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from tests.benchmarks.figures import Figures, figures_of, per_student_against_before, sizes_of
from tests.benchmarks.plan import BY_NAME, PEERS, RESULTS
from tests.benchmarks.plot import draw
from tests.benchmarks.results import Record
from tests.benchmarks.six_million import plan_for_six_million

LIMITS = {
    "bare_read": "a bare typed read",
    "by_hand": "SQL by hand",
    "daily_rows": "pandas over daily rows, whole columns, all features",
    "by_student": "pandas over daily rows, student by student",
    "in_pandas": "pandas with the idea of ews, all features",
    "bare_predict": "bare `predict`",
    "bare_contributions": "bare contributions",
}
_START_UP = {
    "help": ("`ews --help`", 0.4),
    "score_500": ("`ews score`, 500 students, imports included", 10.0),
    "look_up": ("of that, the champion's record through MLflow, its import included", None),
}

_HEAD = """\
# Measurements

Written by `make bench` from docs/benchmarks.json; do not edit. Absolute times move from machine to
machine: look at the ratios. `make bench` measures {sizes} students (hours);
any size, stage and number of years alone:

    make bench SIZES=1000000 YEARS=2 ROUNDS=3 STAGES="features night" FOLDER=/large/disk

One million students with five years need 30 GB of disk (files of 6.5 GB, a store of 3 GB, and up to 10 GB
to spill while they are loaded for the first time), with two years 15.
Every stage runs in a process of its own, after its input is read and its libraries are imported; memory is
the most the process ever held, both included. The district of each size is simulated with seed 1 and
{as_of_words}; one model, made from 10,000 students, is in service at every size.
"""

_FOOT = """\
## How to read it

- **Against the limit**: median over rounds of the stage's time over the limit's, measured one after the
  other in the same round. *SQL by hand* ([the files](../tests/benchmarks/sql)) yields the same {features}
  feature columns, which a test holds against those of `ews` to 1e-9, on simulated districts and on
  generated ones. The *bare typed read* reads the same CSV files with DuckDB and counts every cell. *Bare*
  `predict` and *contributions* are LightGBM's own, of the same trees and rows.
- *pandas over daily rows* has a row for each student and school day, as daily files have. *Whole columns*
  ([the code](../tests/benchmarks/daily_rows.py)) is what a careful user of pandas writes: names as
  categories, grouped sums, no Python per student; it computes all {features} features. *Student by student*
  ([the code](../tests/benchmarks/daily_rows_by_student.py)) applies a function to each student's days, as
  many scripts do; it computes {own}. *With the idea of ews* ([the code](../tests/benchmarks/pandas_events))
  is not what one finds in scripts: days are numbered and then only those are kept on which something
  happened; it computes all {features} too. Tests hold all three against `ews`. Reading their Parquet files is
  counted, what makes them is not: they hold three years as known on the day, with overlapping enrollments
  told apart and each day called absent or not, which `ews` does from the versions in its store. They are
  measured once, up to 100,000 students, and stopped at a ceiling of memory and of time.
- **A whole night**: tonight's full extracts, one school day more than the store holds, are read, checked
  and compared, then scored and published; a night has run before, so that lists and last year's figures
  have something to compare with. It is the night of the week on which last year's weeks are computed anew:
  the other four take less by that step.
- **Per student, against the size before**: 1 is linear. Only times of one kind of processor (*on*) are held
  against each other.
"""


def write_documents(results: Path = RESULTS, docs: Path | None = None) -> list[Path]:
    """Write the table, the plot and the plan for six million beside each other; return their paths."""
    folder = docs or results.parent
    records: list[Record] = json.loads(results.read_text(encoding="utf-8"))
    every = [figures_of(each) for each in records]
    picture = folder / "images" / "benchmarks.svg"
    picture.parent.mkdir(parents=True, exist_ok=True)
    draw(every, picture)
    written = {
        folder / "benchmarks.md": benchmarks(records, every),
        folder / "six_million.md": plan_for_six_million(every),
    }
    for path, text in written.items():
        path.write_text(text, encoding="utf-8")
    return [*written, picture]


def benchmarks(records: Sequence[Record], every: Sequence[Figures]) -> str:
    """Return the page."""
    from ews.features.matrix import FEATURES
    from tests.benchmarks.daily_rows_by_student import FEATURES as OWN
    from tests.benchmarks.places import AS_OF

    as_of = f"looked at on {AS_OF}, in the middle of its last year"
    sizes = "1,000, 10,000 and 100,000"
    parts = [
        _HEAD.format(sizes=sizes, as_of_words=as_of),
        *[_machine(each) for each in _machines(records)],
        "![Time and memory against size](images/benchmarks.svg)\n",
    ]
    spans = sorted({each.years for each in every if each.stage in BY_NAME}, reverse=True)
    parts += [f"## {years} years of history\n\n{_table(every, years)}" for years in spans]
    parts += [_asked(every), _start_up(every), _families(every), _steps(every)]
    parts.append(_FOOT.format(features=len(FEATURES), own=len(OWN)))
    return "\n".join(part for part in parts if part)


def _machines(records: Iterable[Record]) -> list[tuple[dict[str, Any], str, str]]:
    """Return the machines with the first and last day on which they measured."""
    found: dict[str, list[Record]] = {}
    for each in records:
        apart = {key: value for key, value in each["machine"].items() if key != "commit"}
        found.setdefault(json.dumps(apart, sort_keys=True), []).append(each)
    machines = []
    for name, those in found.items():
        days = sorted(taken["at"][:10] for each in those for taken in each["rounds"])
        commits = ", ".join(sorted({each["machine"]["commit"] or "no commit" for each in those}))
        machines.append((json.loads(name) | {"commit": commits}, days[0], days[-1]))
    return machines


def _machine(told: tuple[dict[str, Any], str, str]) -> str:
    machine, first, last = told
    versions = ", ".join(f"{name} {number}" for name, number in machine["versions"].items())
    when = first if first == last else f"{first} to {last}"
    return (
        f"**Measured** {when} at {machine['commit']} on {machine['processor']}, {machine['cores']} cores, "
        f"{machine['gibibytes']} GiB of memory, {machine['system']}, Python {machine['python']}; {versions}; "
        f"DuckDB limited to {machine['memory_limit']}.{' ' if machine['note'] else ''}{machine['note']}\n"
    )


def _table(every: Sequence[Figures], years: int) -> str:
    lines = [
        "| stage | students | seconds: median (least to most) | rounds | on | peak memory "
        "| against the limit | per student, against the size before |",
        "| --- | ---: | ---: | ---: | --- | ---: | --- | ---: |",
    ]
    for name, stage in BY_NAME.items():
        sizes = sizes_of(every, name, years)
        for each in sizes:
            before = per_student_against_before(sizes, each.students)
            spread = f"{seconds(each.seconds)} ({seconds(each.least)} to {seconds(each.most)})"
            cells = [stage.title, f"{each.students:,}", spread, str(each.rounds), _short(each.processor)]
            cells += [memory(each.mebibytes), _limits(each), "" if before is None else f"{before:.2f}"]
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _short(processor: str) -> str:
    """Return what a processor is called without its marks.

    Examples
    --------
    >>> _short("Intel(R) Xeon(R) Processor")
    'Intel Xeon'
    """
    return processor.replace("(R)", "").replace(" Processor", "").strip()


def _limits(each: Figures) -> str:
    return "; ".join(_in_words(name, each) for name in each.limits)


def _in_words(name: str, each: Figures) -> str:
    limit, title = each.limits[name], LIMITS[name]
    if limit.ratio is None:
        return f"at least {limit.at_least:.0f} times as fast as {title} ({limit.stopped})"
    if name in PEERS:
        times = 1 / limit.ratio
        return (
            f"{times:.{0 if times >= 10 else 1}f} times as fast as {title} ({memory(limit.mebibytes or 0)})"
        )
    return f"{limit.ratio:.2f} × {title} (processor time {limit.cpu_ratio:.2f} ×)"


def _asked(every: Sequence[Figures]) -> str:
    """Return what was asked and what was measured, or that it was not."""
    by_key = {(each.stage, each.students, each.years): each for each in every}

    def said(stage: str, students: int, years: int, words: Callable[[Figures], str]) -> str:
        found = by_key.get((stage, students, years))
        return "not measured" if found is None else words(found)

    def against(each: Figures, name: str) -> str:
        return _in_words(name, each) if name in each.limits else f"{LIMITS[name]}: not measured"

    def peers(each: Figures) -> str:
        return "; ".join(against(each, name) for name in ("by_student", "daily_rows"))

    def night(each: Figures) -> str:
        exceptions = each.facts.get("exceptions", 0)
        return f"{each.seconds:.0f} s, {memory(each.mebibytes)}, {exceptions:,} exceptions"

    def per_student(stage: str) -> str:
        million = [each for each in every if (each.stage, each.students) == (stage, 1_000_000)]
        found = [
            (per_student_against_before(sizes_of(every, stage, e.years), e.students), e) for e in million
        ]
        known = [f"{ratio:.2f} ({each.years} years)" for ratio, each in found if ratio is not None]
        return ", ".join(known) or "not measured"

    measured = [name for name in BY_NAME if per_student(name) != "not measured"]
    title = "cost per student at 1,000,000 against 100,000, at most 1.3: "
    rows = [
        (
            "features, 100,000 students: at most 1.2 × SQL by hand",
            said("features", 100_000, 5, lambda each: against(each, "by_hand")),
        ),
        (
            "features, 100,000 students: at least 20 times as fast as pandas over daily rows",
            said("features", 100_000, 5, peers),
        ),
        (
            "a night, 1,000,000 students, two years: at most 240 s and 8 GiB",
            said("night", 1_000_000, 2, night),
        ),
        *[(title + BY_NAME[name].title.lower(), per_student(name)) for name in measured],
    ]
    if not measured:
        rows.append((title + "all stages", "not measured"))
    lines = [
        "## What was asked",
        "",
        "| asked | measured |",
        "| --- | --- |",
        *[f"| {a} | {m} |" for a, m in rows],
    ]
    return "\n".join(lines) + "\n"


def _start_up(every: Sequence[Figures]) -> str:
    found = {each.stage: each for each in every}
    head = "| what | asked | seconds: median (least to most) |"
    lines = ["## Start-up", "", "Bytecode compiled.", "", head, "| --- | ---: | ---: |"]
    for stage, (title, asked) in _START_UP.items():
        if stage in found:
            each = found[stage]
            limit = "" if asked is None else f"{asked:g}"
            spread = f"{seconds(each.seconds)} ({seconds(each.least)} to {seconds(each.most)})"
            lines.append(f"| {title} | {limit} | {spread} |")
    return "\n".join(lines) + "\n" if len(lines) > 6 else ""


def _families(every: Sequence[Figures]) -> str:
    """Return the processor seconds of each step of the features and of the SQL, at the largest size."""
    sizes = [each for each in every if each.stage == "features"]
    if not sizes:
        return ""
    largest = max(sizes, key=lambda each: (each.students, each.years))
    ours = sorted(largest.parts.items(), key=lambda item: -item[1])
    limit = largest.limits.get("by_hand")
    theirs = sorted(limit.parts.items(), key=lambda item: -item[1]) if limit else []
    lines = [
        f"## Where the features' time goes, {largest.students:,} students, {largest.years} years",
        "",
        "| step of ews | processor seconds | SQL by hand | processor seconds |",
        "| --- | ---: | --- | ---: |",
    ]
    for number in range(max(len(ours), len(theirs))):
        cells = []
        for side in (ours, theirs):
            cells += [side[number][0], f"{side[number][1]:.2f}"] if number < len(side) else ["", ""]
        lines.append(f"| {' | '.join(cells)} |")
    total = f"{largest.cpu_seconds:.2f}"
    all_theirs = f"{sum(limit.parts.values()):.2f}" if limit else ""
    lines.append(f"| **all** | {total} | **all** | {all_theirs} |")
    return "\n".join(lines) + "\n"


def _steps(every: Sequence[Figures]) -> str:
    """Return the wall seconds of each step of a night, at the largest size."""
    nights = [each for each in every if each.stage == "night"]
    if not nights:
        return ""
    largest = max(nights, key=lambda each: (each.students, each.years))
    lines = [
        f"## Where a night's time goes, {largest.students:,} students, {largest.years} years",
        "",
        "| step | seconds |",
        "| --- | ---: |",
    ]
    steps = sorted(largest.parts.items(), key=lambda item: -item[1])
    lines += [f"| {name} | {seconds(taken)} |" for name, taken in steps]
    return "\n".join(lines) + "\n"


def seconds(value: float) -> str:
    """Return seconds with about three digits."""
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:,.0f}"


def memory(mebibytes: float) -> str:
    """Return memory in MiB, or in GiB from one on."""
    return f"{mebibytes:.0f} MiB" if mebibytes < 1024 else f"{mebibytes / 1024:.1f} GiB"


if __name__ == "__main__":
    for written in write_documents():
        sys.stdout.write(f"{written}\n")
