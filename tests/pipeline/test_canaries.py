"""Students whose names would do harm stand on the lists of their own school, harmless, and nowhere else."""

from __future__ import annotations

import csv
import io
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from openpyxl import load_workbook

from ews.outreach.file_names import file_stems
from tests.pipeline.at_work import AS_OF, REPOSITORY, AtWork, copy_of
from tests.pipeline.canaries import TOKEN, Canary, Page, plant, texts_of

NEXT = "2026-01-16"
NAMES = ("first", "last", "room")
HARMLESS = {"html", "head", "meta", "title", "style", "body", "header", "main", "footer", "section", "nav"}
HARMLESS |= {"h1", "h2", "h3", "p", "div", "span", "a", "ul", "ol", "li", "dl", "dt", "dd", "b", "strong"}
HARMLESS |= {"table", "caption", "colgroup", "col", "thead", "tbody", "tfoot", "tr", "th", "td", "abbr"}
HARMLESS |= {"em", "i", "small", "code", "details", "summary", "br", "hr", "bdi", "time", "sup"}


@dataclass(frozen=True)
class Seen:
    """A district after a day of commands: its canaries, what was printed, and the temporary folder."""

    district: AtWork
    canaries: list[Canary]
    printed: str
    temporary: Path


def _refused(district: AtWork) -> None:
    """Put the canaries into every kind of row that a load refuses."""
    path = district.folder / "extracts" / "attendance.csv"
    ids = [
        line.split(",")[0] for line in path.read_text(encoding="utf-8").splitlines() if f"{TOKEN}id" in line
    ]
    rows = "".join(
        f"{each},0001,2026-01-15,Q,{TOKEN}cell,\n{each},0009,yesterday,A,1,\n" for each in set(ids)
    )
    with path.open("a", encoding="utf-8") as file:
        file.write(rows)


@pytest.fixture(scope="module")
def seen(in_service: AtWork, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """Everything that a district does with them, every channel captured. Not to be changed."""
    district = copy_of(in_service, tmp_path_factory.mktemp("canaries") / "district")
    temporary = tmp_path_factory.mktemp("temporary")
    canaries = plant(district)
    for place in ("store.duckdb", "published", "exports.jsonl", "nights.jsonl", "status.json"):
        path = district.workspace / place
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    program = district.folder / "commands.py"
    attendance = district.folder / "extracts" / "attendance.csv"
    commands = [
        ["ingest"],
        ["score", "--as-of", AS_OF.isoformat()],
        ["nightly", "--as-of", NEXT],
        ["status"],
        ["verify"],
    ]
    printed = [_run(district, temporary, *command) for command in commands]
    kept = attendance.read_bytes()
    _refused(district)
    printed.append(_run(district, temporary, "nightly", "--as-of", NEXT))
    attendance.write_bytes(kept)
    program.write_text(
        "import sys, ews.nightly.night as night\nfrom ews.cli import run_command\n"
        f"def defect(*_, **__): raise ValueError('{TOKEN[:3]}' + '{TOKEN[3:]}id01z')\n"
        "night.score = defect\nsys.exit(run_command(sys.argv[1:]))\n"
    )
    printed.append(_run(district, temporary, "nightly", "--as-of", "2026-01-20", program=str(program)))
    program.unlink()
    assert [code for code, _ in printed] == [0, 0, 0, printed[3][0], 0, 20, 1], printed
    return Seen(district, canaries, "\n".join(text for _, text in printed), temporary)


def _run(district: AtWork, temporary: Path, *command: str, program: str = "") -> tuple[int, str]:
    start = [sys.executable, program] if program else [sys.executable, "-m", "ews"]
    done = subprocess.run(
        [*start, command[0], "-c", str(district.configuration), *command[1:]],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "TMPDIR": str(temporary)},
        umask=0o022,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def every_file(seen: Seen) -> dict[str, Path]:
    """Every file that was made, by its place in the district's folder; the extracts are its own."""
    files = [path for path in seen.district.folder.rglob("*") if path.is_file()]
    found = {path.relative_to(seen.district.folder).as_posix(): path for path in files}
    return {name: path for name, path in found.items() if not name.startswith(("extracts/", "truth/"))}


def printed_lists(seen: Seen, suffix: str) -> list[Path]:
    return sorted((seen.district.workspace / "published").glob(f"*/outreach/**/*.{suffix}"))


def own_lists(seen: Seen, school: str) -> re.Pattern[str]:
    stem = file_stems(["0001", "0002", "0003"])[school]
    return re.compile(rf"workspace/published/[^/]+/outreach/{re.escape(stem)}(/[^/]+)?\.(csv|xlsx|html)")


# --- where they stand


def test_every_canary_is_on_a_list(seen: Seen) -> None:
    """Otherwise nothing below would show anything."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in printed_lists(seen, "csv"))
    assert sum(each.token("last") in text for each in seen.canaries) > len(seen.canaries) / 2
    assert {each.school_id for each in seen.canaries} == {"0001", "0002", "0003"}


def test_names_stand_on_the_lists_of_their_own_school_and_in_no_other_file(seen: Seen) -> None:
    astray = []
    for name, path in every_file(seen).items():
        text = texts_of(path)
        for canary in seen.canaries:
            if any(canary.token(kind) in text for kind in NAMES):
                astray += [name] if not own_lists(seen, canary.school_id).fullmatch(name) else []
    assert astray == []


def test_a_counselor_stands_on_the_lists_and_in_their_index(seen: Seen) -> None:
    allowed = re.compile(r"workspace/published/[^/]+/(outreach/.+|index\.html|manifest\.json)")
    holding = [name for name, path in every_file(seen).items() if f"{TOKEN}staff" in texts_of(path)]
    assert [name for name in holding if not allowed.fullmatch(name)] == []


def test_ids_stand_in_the_store_the_scores_and_the_lists_of_their_own_school(seen: Seen) -> None:
    allowed = re.compile(
        r"workspace/(store\.duckdb(\.wal)?|published/[^/]+/(scores|excluded|on_list_since)\.parquet)"
    )
    astray = []
    for name, path in every_file(seen).items():
        text = texts_of(path)
        for canary in seen.canaries:
            if canary.token("id") in text and not allowed.fullmatch(name):
                astray += [name] if not own_lists(seen, canary.school_id).fullmatch(name) else []
    assert astray == []


def test_nothing_that_was_printed_names_a_student(seen: Seen) -> None:
    """Loads, nights, refusals and a defect whose own text quotes a student, with its traceback."""
    assert "Traceback" not in seen.printed or "defect" in seen.printed
    assert "This is a defect of ews" in seen.printed
    for kind in ("id", "first", "last", "room", "staff", "cell"):
        assert f"{TOKEN}{kind}" not in seen.printed


def test_no_path_is_made_of_a_name(seen: Seen) -> None:
    """Not above the folder of lists, and of safe letters alone."""
    for name in every_file(seen):
        assert re.fullmatch(r"[A-Za-z0-9._/-]+", name), name
        assert not any(f"{TOKEN}{kind}" in name for kind in (*NAMES, "id"))
    assert {path.name for path in seen.district.folder.iterdir()} <= {
        *("district.yaml", "extracts", "mlruns", "truth", "workspace")
    }


def test_only_the_owner_can_read_what_was_made(seen: Seen) -> None:
    """With an account whose files everybody may read."""
    workspace = seen.district.workspace
    open_to_others = [
        path.relative_to(workspace).as_posix()
        for path in (workspace, *workspace.rglob("*"))
        if stat.S_IMODE(path.stat().st_mode) & 0o077
    ]
    assert open_to_others == []


# --- harmless


def test_no_element_and_no_attribute_comes_from_a_name(seen: Seen) -> None:
    pages = [path for name, path in every_file(seen).items() if name.startswith("workspace/published/")]
    for path in (each for each in pages if each.suffix == ".html"):
        page = Page(path.read_text(encoding="utf-8"))
        assert page.elements <= HARMLESS, page.elements - HARMLESS
        for name, value in page.attributes:
            assert not name.startswith("on")
            assert "javascript:" not in value.lower()
            if TOKEN in value:  # a link to a counselor's list, by its slug
                assert name == "href"
                assert re.fullmatch(r"[A-Za-z0-9._/-]+", value)


def test_no_cell_of_a_csv_is_a_formula(seen: Seen) -> None:
    for path in printed_lists(seen, "csv"):
        rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"))))
        assert {len(row) for row in rows} == {len(rows[0])}
        for cell in (cell for row in rows for cell in row):
            assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")), cell


def test_no_cell_of_a_spreadsheet_is_a_formula_or_a_link(seen: Seen) -> None:
    for path in printed_lists(seen, "xlsx"):
        book = load_workbook(path)
        cells = [cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row]
        assert not [cell.coordinate for cell in cells if cell.data_type == "f" or cell.hyperlink]
        assert not book.defined_names or all("http" not in str(each) for each in book.defined_names.values())


def test_an_office_program_finds_no_formula(seen: Seen, tmp_path: Path) -> None:
    program = shutil.which("soffice") or shutil.which("libreoffice")
    if program is None:
        pytest.skip("LibreOffice is not on this machine")
    folder = seen.district.published() / "outreach"
    books = [*folder.glob("*.xlsx"), *folder.glob("*.csv")]
    for suffix in (".xlsx", ".csv"):
        out = tmp_path / suffix[1:]
        subprocess.run(
            [
                *(program, "--headless", f"-env:UserInstallation=file://{tmp_path}/profile"),
                *("--convert-to", "fods", "--outdir", str(out)),
                *(str(path) for path in books if path.suffix == suffix),
            ],
            capture_output=True,
            timeout=240,
            check=True,
        )
        made = sorted(out.glob("*.fods"))
        assert len(made) == 3
        text = "".join(path.read_text(encoding="utf-8") for path in made)
        assert f"{TOKEN}last" in text
        for path in made:
            for element in ET.parse(path).iter():  # noqa: S314 - written by the program above
                assert not [name for name in element.attrib if name.endswith("table:1.0}formula")]
                assert not (element.tag.endswith("}a") and "http://x" in str(element.attrib))


# --- temporary files


def test_nothing_is_left_in_the_temporary_folder(seen: Seen) -> None:
    left = [path.relative_to(seen.temporary).as_posix() for path in seen.temporary.rglob("*")]
    assert [each for each in left if "matplotlib" not in each] == []


@pytest.fixture
def slow_copy(seen: Seen, tmp_path: Path) -> AtWork:
    """A copy whose files have to be turned into others before they can be read."""
    district = copy_of(seen.district, tmp_path / "district")
    for table in ("directory", "attendance"):
        path = district.folder / "extracts" / f"{table}.csv"
        path.write_bytes(path.read_text(encoding="utf-8").encode("utf-16"))
    text = district.configuration.read_text(encoding="utf-8")
    text = text.replace(
        "path: extracts/attendance.csv", "path: extracts/attendance.csv\n    encoding: utf-16"
    )
    text = text.replace("{path: extracts/directory.csv}", "{path: extracts/directory.csv, encoding: utf-16}")
    district.configuration.write_text(text, encoding="utf-8")
    return district


def _killed_while(holds: Callable[[], bool], district: AtWork, temporary: Path) -> bool:
    """Kill a night as soon as something holds; say whether it ever did."""
    with subprocess.Popen(
        [sys.executable, "-m", "ews", "nightly", "-c", str(district.configuration), "--as-of", NEXT],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "TMPDIR": str(temporary)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        while process.poll() is None:
            if holds():
                process.send_signal(signal.SIGKILL)
                process.wait(timeout=30)
                return True
            time.sleep(0.002)
    return False


def test_after_a_kill_the_next_run_removes_what_was_left(slow_copy: AtWork, tmp_path: Path) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()

    def holds_a_student() -> bool:
        return any(path.stat().st_size > 1_000 for path in temporary.rglob("*") if path.is_file())

    assert _killed_while(holds_a_student, slow_copy, temporary), "no file was turned into another"
    assert all(stat.S_IMODE(path.stat().st_mode) & 0o077 == 0 for path in temporary.rglob("*"))

    assert _run(slow_copy, temporary, "check")[0] == 0

    assert [path.name for path in temporary.iterdir() if path.name.startswith("ews-")] == []
