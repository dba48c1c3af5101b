"""docs/nights.md: what is printed there for schedulers is what they accept."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from ews.cli import app

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "nights.md").read_text(encoding="utf-8")
COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, flags=re.S)


def options_of(command: str) -> set[str]:
    return {option for each in COMMANDS[command].params for option in each.opts}


def check_arguments(arguments: list[str]) -> None:
    verb, *rest = arguments
    assert verb in COMMANDS
    assert {each for each in rest if each.startswith("-")} <= options_of(verb)


def test_every_ews_line_names_a_command_and_its_options() -> None:
    lines = re.findall(r"(?:^ {4}|^|`)ews ([a-z-]+(?: [^`\n|]*)?)", PAGE, flags=re.M)
    assert len(lines) > 8
    for line in lines:
        check_arguments(shlex.split(line))


def test_the_cron_lines_are_what_cron_reads() -> None:
    zone, line = blocks("cron")[0].strip().splitlines()
    assert zone == "CRON_TZ=America/New_York"
    fields = line.split(maxsplit=5)
    for field, (low, high) in zip(fields[:5], [(0, 59), (0, 23), (1, 31), (1, 12), (0, 7)], strict=True):
        assert field == "*" or low <= int(field) <= high
    assert not 1 <= int(fields[1]) < 3, "an hour that clocks skip or repeat"
    assert "%" not in fields[5], "cron reads % as a line end"
    command, _, _ = fields[5].partition(" >> ")
    program, *arguments = shlex.split(command)
    assert Path(program).name == "ews"
    check_arguments(arguments)


def test_the_units_are_what_systemd_reads(tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd is not on this machine")
    service, timer = blocks("ini")
    command = shlex.split(next(line for line in service.splitlines() if line.startswith("ExecStart="))[10:])
    check_arguments(command[1:])
    # What is not on this machine: the account and the program.
    here = service.replace(command[0], sys.executable).replace("User=ews\n", "")
    (tmp_path / "ews-nightly.service").write_text(here, encoding="utf-8")
    (tmp_path / "ews-nightly.timer").write_text(timer, encoding="utf-8")
    units = [str(tmp_path / f"ews-nightly.{kind}") for kind in ("service", "timer")]
    done = subprocess.run([program, "verify", *units], capture_output=True, text=True, check=False)
    ours = [line for line in (done.stdout + done.stderr).splitlines() if "ews-nightly" in line]
    assert ours == []
    moment = re.search(r"OnCalendar=(.*)", timer)
    assert moment is not None
    subprocess.run([program, "calendar", moment[1]], capture_output=True, check=True)


def test_the_task_is_one_line_with_every_path_in_quotes() -> None:
    line = blocks("bat")[0].strip()
    assert "\n" not in line
    options = dict(re.findall(r'/([A-Z]+) (\*|"(?:\\"|[^"])*"|\S+)', line))
    assert {"TN", "SC", "ST", "RU", "RP", "TR"} <= set(options)
    assert options["SC"] == "DAILY"
    assert re.fullmatch(r"\d\d:\d\d", options["ST"])
    task = options["TR"][1:-1].replace('\\"', '"')
    program, *arguments = re.findall(r'"[^"]*"|\S+', task)
    assert program == r'"C:\ews\Scripts\ews.exe"'
    check_arguments(arguments)


def test_the_heartbeat_line_speaks_only_of_an_old_one(tmp_path: Path) -> None:
    line = blocks("sh-heartbeat")[0].strip()
    beat = tmp_path / "heartbeat"

    def said() -> str:
        here = line.replace("/srv/ews/workspace/heartbeat", str(beat))
        return subprocess.run(["sh", "-c", here], capture_output=True, text=True, check=True).stdout

    assert "no good night" in said()
    beat.touch()
    assert said() == ""
    day_ago = beat.stat().st_mtime - 27 * 3600
    os.utime(beat, (day_ago, day_ago))
    assert "no good night" in said()


def test_every_exit_code_is_explained() -> None:
    codes = set(re.findall(r"^\| (\d+) \|", PAGE, flags=re.M))
    assert codes == {"0", "1", "2", "10", "20", "30", "40"}


def test_the_readme_leads_here() -> None:
    assert "docs/nights.md" in (ROOT / "README.md").read_text(encoding="utf-8")
