"""docs/six_million.md: what a state of six million needs, extrapolated from the measured curves."""

from __future__ import annotations

from collections.abc import Sequence

from tests.benchmarks.figures import Figures, Growth, growth, sizes_of
from tests.benchmarks.plan import BY_NAME

STATE = 6_000_000
SPARK_TIMES = 4.0
"""Processor seconds of Spark over those of DuckDB for the same features: assumed, not measured."""

EVENING_SECONDS = 900
"""A quarter of an hour for snapshot, features and scores of the whole state."""

CORES_PER_WORKER, GIBIBYTES_PER_CORE = 8, 8

_HEAD = """\
# A plan for six million students

Written by `make bench` from docs/benchmarks.json; do not edit. Everything below that is about six million
is extrapolated; what was measured is in [benchmarks.md](benchmarks.md). Nobody has run it.

Two shapes are possible. **Districts apart**: a state is a few hundred to two thousand districts, the
largest with about a million students, and every list belongs to one school. Each district can be a
workspace of its own, night after night on a few servers; nothing then grows with the state. **One
cluster**: the state holds all districts in one catalog already, wants one model and one definition, and
has Spark running. Start with the first shape unless the second is there.
"""

_GROWTH_HEAD = """\
## Measured growth

Cost is taken to be a power of size; its exponent is the slope of the logarithms between the two largest
sizes that were measured (1 is linear). Where fixed costs make it smaller than 1, time is extrapolated as if
it were 1: those do not shrink. Memory is a span: by its exponent, and as if it were linear; DuckDB's own
part is bounded (`EWS_MEMORY_LIMIT`) and spills, the frames of pandas are linear.

| stage | years | largest measured | exponent of time | at six million | of memory | at six million |
| --- | ---: | --- | ---: | ---: | ---: | --- |
"""

_BOTTLENECK = """\
## Where the bottleneck moves

1. **Reading.** Full extracts every night cost what the state's whole history costs, each night. From about
   a million students on deliver attendance as `delta`: a night then reads what changed, and the comparison
   with what is stored is left.
2. **One process's memory.** `ews train` holds up to `training.max_rows` rows to fit and
   `training.max_test_rows` to judge; on one machine what it does not hold lies in a private folder until the
   samples are drawn. `ews score` on one machine holds the matrix of the day, which grows with the roster. On
   Spark it never comes to one place: samples are drawn there, and scoring works in partitions.
3. **The shuffle by student.** Nearly all work of the features is one grouping of the exceptions by
   student. On a cluster it is one exchange of the three school years that features look at; leave older
   years out of what is read (folders of `school_year`), and partition the exchange by `student_id` only.
4. **The driver.** On DuckDB the features are planned once in a process and run for every day; on Spark they
   are planned for each, whatever the size: seconds, which a state does not feel.
5. **Files.** Lists are a handful of files for each school. A state has about {schools:,} schools; writing
   them is linear and belongs to the districts: the cluster writes `scores`, a district makes its own
   lists.

LightGBM's training does not move: a million rows on one machine say what six million would, and the
model's text is the same few megabytes everywhere.
"""

_ASSUMED = """\
## Assumed

- A student has as many exceptions a year as a simulated one ({exceptions:.0f}), and a state keeps five
  years.
- Growth goes on as measured between the sizes above; beyond the largest size nothing was measured. Where a
  stage begins to spill to disk it grows faster: the memory limit of DuckDB in the measurements stands in
  benchmarks.md.
- Spark takes {spark:g} times the processor time of DuckDB for the same features, and a third of the time
  is lost to waiting: to be measured on the state's own cluster with one district's export before anything
  is rented.
- Network and storage of the cluster keep up with its processors; its workers have {gibibytes} GiB of
  memory per core.
- All districts report in one time zone and under one definition; otherwise they are configurations, and
  runs, of their own.
"""

_CLUSTER = """\
## The cluster

Features take {features} processor seconds on DuckDB, extrapolated, and so {spark} on Spark (times {times},
assumed); risks and places {scores}. To be done in {minutes} minutes, a third of the time lost to waiting,
that is **{workers}**, and a driver of 4 cores and 16 GiB.

On one server with {cores} cores the same features would take DuckDB about {alone} if all cores were busy:
try that first, with `EWS_MEMORY_LIMIT` at half of the server's memory and a fast disk to spill to.
"""

STUDENTS_PER_SCHOOL = 500


def plan_for_six_million(every: Sequence[Figures]) -> str:
    """Return the page; where a figure was not measured it says so."""
    parts = [_HEAD, _growths(every), _volume(every), _cluster(every)]
    parts.append(_BOTTLENECK.format(schools=STATE // STUDENTS_PER_SCHOOL))
    assumed = _ASSUMED.format(
        exceptions=_exceptions_a_year(every) or 0, spark=SPARK_TIMES, gibibytes=GIBIBYTES_PER_CORE
    )
    return "\n".join([*parts, assumed])


def _growths(every: Sequence[Figures]) -> str:
    lines = []
    for name, stage in BY_NAME.items():
        for years in sorted({each.years for each in every if each.stage == name}, reverse=True):
            sizes = sizes_of(every, name, years)
            time, memory = growth(sizes), growth(sizes, "mebibytes")
            if time is None or memory is None:
                continue
            measured = f"{time.size:,} students: {_duration(time.largest)}, {_gibibytes(memory.largest)}"
            span = sorted((memory.at(STATE), memory.linear_at(STATE)))
            lines.append(
                f"| {stage.title} | {years} | {measured} | {time.exponent:.2f} | {_duration(_longest(time))} "
                f"| {memory.exponent:.2f} | {_gibibytes(span[0])} to {_gibibytes(span[1])} |"
            )
    return _GROWTH_HEAD + "\n".join(lines or ["| not measured at two sizes | | | | | | |"]) + "\n"


def _longest(cost: Growth) -> float:
    """Return the cost at the size of the state, fixed costs taken to grow too."""
    return max(cost.at(STATE), cost.linear_at(STATE))


def _exceptions_a_year(every: Sequence[Figures]) -> float | None:
    known = [each for each in every if each.stage == "features" and each.facts.get("exceptions")]
    if not known:
        return None
    largest = max(known, key=lambda each: each.students)
    return float(largest.facts["exceptions"]) / largest.students / largest.years


def _volume(every: Sequence[Figures]) -> str:
    per_year = _exceptions_a_year(every)
    if per_year is None:
        return "## Volume\n\nNot measured: run the stage `features`.\n"
    rows = per_year * STATE * 5
    loads = [each for each in every if each.stage == "ingest" and each.facts.get("store_bytes")]
    size = ""
    if loads:
        largest = max(loads, key=lambda each: each.students)
        per_student = largest.facts["store_bytes"] / largest.students / largest.years
        size = f" One machine's store would be about {per_student * STATE * 5 / 2**30:,.0f} GiB."
    return (
        f"## Volume\n\nAbout {rows / 1e6:,.0f} million exceptions over five years, "
        f"{per_year * STATE / 1e6:,.0f} million of them in a year; a row for each student and school day "
        f"would be {STATE * 180 * 5 / 1e9:.1f} billion.{size}\n"
    )


def _cluster(every: Sequence[Figures]) -> str:
    sizes = sizes_of(every, "features", 5)
    time = growth(sizes, "cpu_seconds")
    scoring = growth(sizes_of(every, "score", 5), "cpu_seconds")
    if time is None or scoring is None:
        return "## The cluster\n\nNot measured: run the stages `features` and `score` at two sizes.\n"
    features = _longest(time)
    scores = _longest(scoring)
    processor = features * SPARK_TIMES + scores
    cores = max(CORES_PER_WORKER, processor * 1.5 / EVENING_SECONDS)
    workers = -int(-cores // CORES_PER_WORKER)
    return _CLUSTER.format(
        features=f"{features:,.0f}",
        spark=f"{features * SPARK_TIMES:,.0f}",
        times=f"{SPARK_TIMES:g}",
        scores=f"{scores:,.0f}",
        minutes=EVENING_SECONDS // 60,
        workers=f"{workers} worker{'s' * (workers != 1)} of {CORES_PER_WORKER} cores and "
        f"{CORES_PER_WORKER * GIBIBYTES_PER_CORE} GiB",
        cores=CORES_PER_WORKER,
        alone=_duration(features / CORES_PER_WORKER),
    )


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def _gibibytes(mebibytes: float) -> str:
    return f"{mebibytes / 1024:.1f} GiB"
