"""The verbs about engines: the store as files for a cluster, and scores made there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ews.console import Console
from ews.verbs.options import ConfigFile, Json, load

if TYPE_CHECKING:
    from ews.config import Config

DEGRADED = 10


def export(
    config: ConfigFile,
    to: Annotated[Path, typer.Option(metavar="DIR", help="The folder to write to.")],
    with_audit_attributes: Annotated[
        bool,
        typer.Option(
            "--with-audit-attributes",
            help="Also write the attributes of audit.sensitive, for training on the cluster.",
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """Write the store's tables as Parquet, by school year, for a cluster to read; all of them or nothing."""
    from ews.store.export import export as run
    from ews.training.run import account

    console = Console(as_json=as_json)
    with console.progress() as progress:
        written = run(
            load(config),
            to.absolute(),
            by=account(),
            with_audit_attributes=with_audit_attributes,
            progress=progress,
        )
    for table, rows in written.rows.items():
        console.say(f"{table}: {rows:,} rows")
    console.say(
        f"Wrote {written.folder}. It holds students' records, and a purge of the store does not reach it."
    )
    console.result({"folder": str(written.folder), "rows": written.rows})


def score_on_cluster(console: Console, config: Config, as_of: Any) -> None:
    """Score a day on the cluster of the configuration, and say what was written."""
    from ews.nightly.cluster_score import score_on_cluster as run

    with console.progress() as progress:
        result = run(config, as_of=as_of, progress=progress)
    if result.as_of.note:
        console.say(result.as_of.note)
    console.say(
        f"Wrote {result.folder}: {result.rows['scored']:,} students of the cohort, "
        f"{result.rows['excluded']:,} excluded."
    )
    for sentence in [*result.banners, *result.notes]:
        console.say(f"! {sentence}")
    console.result(
        {
            "as_of": result.as_of.day.isoformat(),
            "engine": config.engine.kind,
            "folder": result.folder,
            "model_version": result.model_version,
            "rows": result.rows,
            "banners": result.banners,
            "degraded": result.notes,
            "note": result.as_of.note,
        },
        exit_code=DEGRADED if result.notes else 0,
    )
