"""How the command line speaks: rich text and progress for people, one object for machines."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer

from ews.errors import EwsError
from ews.progress import Progress

if TYPE_CHECKING:
    from ews.extracts.findings import Finding


class Console:
    """One command's way to speak.

    Parameters
    ----------
    as_json : bool
        Print one object on standard output at the end, and nothing else there.
    """

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json

    def say(self, text: str) -> None:
        """Print a sentence for people."""
        if not self._as_json:
            typer.echo(text)

    def result(self, value: dict[str, Any], *, exit_code: int = 0) -> None:
        """End the command with its result and exit code."""
        if self._as_json:
            typer.echo(json.dumps({**value, "exit_code": exit_code}, indent=1, default=str))
        raise typer.Exit(exit_code)

    def error(self, error: EwsError) -> None:
        """Print a refusal with its repair."""
        if self._as_json:
            typer.echo(json.dumps({"error": dict(error.lines()), "exit_code": error.exit_code}, indent=1))
            return
        for label, text in error.lines():
            typer.echo(f"{label + ':':<10}{text}", err=True)

    def defect(self, trace: str, name: str) -> None:
        """Print a defect of ours: where it happened, without the text, which might quote a value."""
        if self._as_json:
            typer.echo(
                json.dumps({"error": {"found": f"a defect of ews ({name})"}, "exit_code": 1}, indent=1)
            )
        typer.echo(
            f"{trace}{name}\nThis is a defect of ews. Please report it with the lines above.", err=True
        )

    def findings(self, findings: Sequence[Finding]) -> None:
        """Print the findings of a load as a table."""
        if self._as_json or not findings:
            return
        from rich.console import Console as RichConsole
        from rich.table import Table

        table = Table(title="Findings", show_lines=True)
        for heading in ("check", "severity", "table", "what was found", "where", "what to do"):
            table.add_column(heading, overflow="fold")
        for each in sorted(findings, key=lambda finding: _SEVERITIES.index(finding.severity)):
            cells = (each.name, each.severity, each.table, each.sentence, each.where, each.next_step)
            table.add_row(*map(_plain, cells))
        RichConsole(width=None if sys.stdout.isatty() else 150).print(table)

    def table(self, title: str, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Print a table of text."""
        if self._as_json:
            return
        from rich.console import Console as RichConsole
        from rich.table import Table

        typer.echo(f"\n{title}")
        drawn = Table()
        for heading in headings:
            drawn.add_column(_plain(heading), overflow="fold")
        for row in rows:
            drawn.add_row(*map(_plain, row))
        RichConsole(width=None if sys.stdout.isatty() else 150).print(drawn)

    def files(self, files: Sequence[dict[str, Any]]) -> None:
        """Print what every file brought."""
        if self._as_json or not files:
            return
        rows = []
        for each in files:
            counted = [f"{name}: {count:,}" if count else name for name, count in each["findings"].items()]
            rows.append((each["table"], each["file"], f"{each['rows']:,}", "; ".join(counted) or "none"))
        self.table("Files", ("table", "file", "rows", "findings"), rows)

    @contextmanager
    def progress(self) -> Iterator[Progress]:
        """Yield a progress callback: a bar on a terminal, a line per step elsewhere, on standard error."""
        if self._as_json:
            yield lambda _step, _share: None
        elif sys.stderr.isatty():
            with _bar() as update:
                yield update
        else:
            yield _Lines()


_SEVERITIES = ("refused", "set aside", "warning", "note")


def _plain(text: str) -> str:
    """Return text that rich prints as it is: brackets in a file's name are no markup."""
    from rich.markup import escape

    return escape(text)


class _Lines:
    """A line per step, when it begins."""

    def __init__(self) -> None:
        self._step = ""

    def __call__(self, step: str, share: float) -> None:
        if step != self._step and share < 1:
            self._step = step
            typer.echo(f"  {step} …", err=True)


@contextmanager
def _bar() -> Iterator[Progress]:
    from rich.console import Console as RichConsole
    from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Bars(*columns, console=RichConsole(stderr=True), transient=True) as bars:
        task = bars.add_task("Starting", total=1.0)

        def update(step: str, share: float) -> None:
            bars.update(task, description=step, completed=min(max(share, 0.0), 1.0))

        yield update
