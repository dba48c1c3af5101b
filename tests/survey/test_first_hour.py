"""The page about the first hour is true: its commands run in its order, and its output is what one sees."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from ews.cli import run_command
from ews.survey.proposal import Proposal
from tests.survey.small import written
from tests.survey.test_eight_exports import DECISIONS, decide

PAGE = (Path(__file__).parents[2] / "docs" / "first_hour.md").read_text(encoding="utf-8")


def blocks(kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", PAGE, flags=re.S)


def test_the_commands_of_the_page_lead_from_exports_to_rates(
    exports: Path,
    eight: Proposal,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "exports").symlink_to(exports)
    monkeypatch.chdir(tmp_path)
    first, *others = [shlex.split(line)[1:] for block in blocks("sh") for line in block.splitlines()]
    assert first == ["init", "--from", "exports"]
    assert run_command(first) == 0
    said = capsys.readouterr().out
    (shown,) = blocks("text")
    assert shown in said
    assert "Wrote district.yaml. Next: decide each TODO in it" in said

    assert run_command(others[0]) == 2, "nothing loads before someone has decided"
    decide(tmp_path / "district.yaml", eight, DECISIONS)
    assert [command[0] for command in others] == ["check", "ingest", "rates"]
    for command in others:
        assert run_command(command) == 0, command
    assert "Chronically absent in Test District" in capsys.readouterr().out


def test_what_the_page_shows_of_the_configuration_is_what_is_written(eight: Proposal) -> None:
    (shown,) = blocks("yaml")
    assert shown in written(eight)


def test_the_page_takes_less_than_ten_minutes_to_read_and_to_type(eight: Proposal) -> None:
    """At 200 words and, for what has to be typed, 40 words a minute."""
    words = len(PAGE.split())
    typed = len(eight.undecided_keys()) + sum(len(block.split()) for block in blocks("sh"))
    assert words / 200 + typed / 40 < 10
