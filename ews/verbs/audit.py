"""The verb about audits: the audit of a year's published lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ews.console import Console
from ews.errors import ModelUnusable, UsageError
from ews.verbs.options import ConfigFile, Json, load

if TYPE_CHECKING:
    from ews.config import Config

_NOT_CERTAIN_TO_HOLD = 10


def audit(
    config: ConfigFile,
    as_served: Annotated[
        bool, typer.Option("--as-served", help="Audit the lists that were published, once the year is over.")
    ] = False,
    year: Annotated[
        int | None,
        typer.Option(help="The spring year: 2026 is 2025-26; by default the newest with outcomes."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Repeat the audit on a year's published lists, and say whether the verdict still holds."""
    console = Console(as_json=as_json)
    loaded = load(config)
    if not as_served:
        raise _train_audits(loaded)
    from ews.nightly.as_served import audit_as_served

    try:
        with console.progress() as progress:
            result = audit_as_served(loaded, year=year, progress=progress)
    except ModelUnusable as error:
        if as_json:  # a program that asks whether the verdict holds gets an answer: nobody can say
            console.result({"holds": None, "error": dict(error.lines())}, exit_code=error.exit_code)
        raise
    console.say(result.sentence)
    console.say(result.fairness["sentence"])
    for note in result.fairness["notes"]:
        console.say(f"- {note}")
    console.say(f"Nights: {len(result.nights)}. Report: {result.reports / 'fairness.html'}")
    console.result(result.as_dict(), exit_code=0 if result.holds else _NOT_CERTAIN_TO_HOLD)


def _train_audits(config: Config) -> UsageError:
    latest = config.workspace_dir / "reports" / "LATEST"
    run = latest.read_text(encoding="utf-8").strip() if latest.is_file() else ""
    there = f"the newest is {config.workspace_dir / 'reports' / run / 'fairness.html'}" if run else "none yet"
    return UsageError(
        "`ews audit` needs --as-served",
        expected="--as-served, for the lists that were published in a completed school year",
        next_step=f"add --as-served; a model is audited by `ews train`, before it is registered, and its "
        f"report stands under reports/ ({there})",
    )
