"""The verbs about data: a configuration to start from, checking, loading, rates, history, deletion."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from ews.console import Console
from ews.verbs.options import AcceptWithdrawals, ConfigFile, Json, date_of, load, several_of, time_of

if TYPE_CHECKING:
    from ews.definitions import Grain
    from ews.store.ingest import IngestReport


def init(
    folder: Annotated[Path, typer.Argument(help="The folder to write district.yaml into.")] = Path(),
    exports: Annotated[
        Path | None,
        typer.Option("--from", metavar="FOLDER", help="Look at the files there and propose how they map."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Write a commented configuration to start from, or one proposed from your files."""
    from ews.starter import write_proposed, write_starter

    console = Console(as_json=as_json)
    if exports is None:
        path = write_starter(folder)
        console.say(f"Wrote {path}. Next: name your files and codes in it, then ews check -c {path}")
        console.result({"configuration": str(path)})
        return
    with console.progress() as progress:
        path, proposal = write_proposed(folder, exports, progress)
    for line in proposal.summary():
        console.say(line)
    console.say(f"Wrote {path}. Next: decide each TODO in it, then ews check -c {path}")
    console.result({"configuration": str(path), **proposal.as_dict()})


def check(config: ConfigFile, as_json: Json = False) -> None:
    """Read and check the extracts; the store is not touched."""
    from ews.extracts.findings import refuse_if_any
    from ews.store.ingest import check as run

    console = Console(as_json=as_json)
    with console.progress() as progress:
        report = run(load(config), progress=progress)
    console.findings(report.findings)
    console.files(report.files)
    if not as_json:
        refuse_if_any(report.findings)
        console.say(_after_check(report))
    refused = any(finding.severity == "refused" for finding in report.findings)
    console.result(report.as_dict(), exit_code=20 if refused else 0)


def ingest(
    config: ConfigFile,
    loaded_at: Annotated[
        str | None, typer.Option("--loaded-at", metavar="TIME", help="When the load counts as made.")
    ] = None,
    accept_withdrawals: AcceptWithdrawals = False,
    as_json: Json = False,
) -> None:
    """Load the extracts into the store."""
    from ews.store.ingest import ingest as run

    console = Console(as_json=as_json)
    loaded = load(config)
    time = time_of(loaded_at, "--loaded-at", loaded.timezone)
    with console.progress() as progress:
        report = run(loaded, loaded_at=time, accept_withdrawals=accept_withdrawals, progress=progress)
    console.findings(report.findings)
    say_loaded(console, report)
    console.result(report.as_dict())


def rates(
    config: ConfigFile,
    school_year: Annotated[
        int | None, typer.Option(help="The spring year: 2026 is 2025-26; by default the newest.")
    ] = None,
    definition: Annotated[
        list[str] | None, typer.Option(help="A definition to show; may be given several times.")
    ] = None,
    grain: Annotated[str, typer.Option(help="district, school or both.")] = "both",
    by: Annotated[str, typer.Option(help="school, grade, both or none.")] = "both",
    out: Annotated[Path | None, typer.Option(help="Also write every figure to this CSV file.")] = None,
    as_json: Json = False,
) -> None:
    """Show chronic absence by school and grade, under several definitions side by side."""
    from ews.rates.csv_file import write_csv
    from ews.rates.notes import notes_of
    from ews.rates.report import rates as run
    from ews.rates.table import tables_of
    from ews.store.schema import read_store

    console = Console(as_json=as_json)
    loaded = load(config)
    grains = cast("tuple[Grain, ...]", several_of(grain, "--grain", ("district", "school")))
    splits = several_of(by, "--by", ("school", "grade"))
    with read_store(loaded.workspace_dir) as session, console.progress() as progress:
        found = run(
            session,
            loaded,
            school_year=school_year,
            names=definition or (),
            grains=grains or ("district",),
            progress=progress,
        )
    for table in tables_of(found, splits):
        console.table(table.title, table.headings, table.rows)
    for note in notes_of(found):
        console.say(note)
    if out is not None:
        write_csv(found, out)
        console.say(f"Wrote {out}.")
    console.result(found.as_dict())


def history(
    config: ConfigFile,
    student: Annotated[str, typer.Option(metavar="ID", help="The student's id.")],
    date: Annotated[str, typer.Option(metavar="DATE", help="The day that the fact is about.")],
    table: Annotated[str, typer.Option(help="The table that holds the fact.")] = "attendance",
    as_json: Json = False,
) -> None:
    """Show the versions of one fact: from when to when each was known, and what replaced it."""
    from ews.store.history import history as run
    from ews.store.history import in_words

    console = Console(as_json=as_json)
    found = run(load(config), student, date_of(date, "--date"), table)
    for line in in_words(found):
        console.say(line)
    console.result(found.as_dict())


def purge(
    config: ConfigFile,
    student: Annotated[str | None, typer.Option(metavar="ID", help="Remove this student.")] = None,
    before: Annotated[
        str | None, typer.Option(metavar="DATE", help="Remove everything before this day.")
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Do it; without this only what would go is shown.")
    ] = False,
    reason: Annotated[str, typer.Option(help="Why, for the log; never an id or a name.")] = "",
    as_json: Json = False,
) -> None:
    """Remove a student or a period from store, lists and copies; first shows what would go."""
    from ews.purge.run import purge as run

    console = Console(as_json=as_json)
    with console.progress() as progress:
        report = run(
            load(config),
            student=student,
            before=date_of(before, "--before"),
            yes=yes,
            reason=reason,
            progress=progress,
        )
    for line in report.in_words():
        console.say(line)
    console.result(report.as_dict())


def say_loaded(console: Console, report: IngestReport) -> None:
    """Say what a load did to every table."""
    for table in report.tables:
        withdrawn = f", {table.rows_withdrawn:,} withdrawn" if table.rows_withdrawn else ""
        aside = f", {table.rows_set_aside:,} set aside" if table.rows_set_aside else ""
        rows = "1 row" if table.rows_read == 1 else f"{table.rows_read:,} rows"
        done = f"{rows} read, {table.rows_new:,} new{withdrawn}{aside}"
        console.say(f"{table.table}: {done}")


def _after_check(report: IngestReport) -> str:
    aside = sum(each.count for each in report.findings if each.severity == "set aside")
    warnings = sum(each.severity == "warning" for each in report.findings)
    rows = sum(each["rows"] for each in report.files)
    warned = "1 warning" if warnings == 1 else f"{warnings} warnings"
    return (
        f"{rows:,} rows can be loaded; {aside:,} would be set aside, {warned}. "
        "The store was not touched. Next: ews ingest"
    )
