"""A school's list is one sheet of paper, also where every student on it is in contact with somebody."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest

from ews.outreach.lists import write_lists
from tests.outreach.sample_lists import context, schools, student

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
LONG = {
    "reason_1": "10 absences to spare in the 89 school days that remain; about 7 at this pace",
    "reason_2": "7 separate absences this year, each a single school day",
    "reason_3": "Absent 16% of school days last year",
    "going_well_1": "No whole day of absence in the last 10 school days",
    "next_step": "Check in with the student; ask the family what would help",
    "weeks_on_list": 3,
    "homeroom": "05-B",
}
CONTACT = (
    "In contact since Oct 3 (call, reached; 3 contacts so far): absent 4 of the 20 school days before, "
    "1 of 7 so far after"
)


def page(folder: Path, contacts: int, **changes: str) -> Path:
    """The list of a school with 25 students, as many of them as said in contact."""
    rows = [
        student(
            f"{77000000 + at}",
            rank=at + 1 if at < 15 else at - 14,
            section="prevent" if at < 15 else "intensive",
            **({"contact": CONTACT if at < contacts else "", "change": "up"} | LONG | changes),
        )
        for at in range(25)
    ]
    write_lists(folder, pd.DataFrame(rows), context=context(schools=schools(s1="Lincoln Elementary")))
    return folder / "s1.html"


@pytest.mark.parametrize("contacts", [0, 3, 12, 25])
def test_a_full_list_prints_on_one_page(contacts: int, tmp_path: Path) -> None:
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine: nothing is printed")
    written = page(tmp_path / "outreach", contacts)
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer"]
    own = f"--user-data-dir={tmp_path / 'browser'}"
    printed = tmp_path / "list.pdf"
    subprocess.run(
        [CHROMIUM, *options, own, f"--print-to-pdf={printed}", written.as_uri()],
        check=True,
        capture_output=True,
        timeout=120,
    )

    assert len(re.findall(rb"/Type\s*/Page\b", printed.read_bytes())) == 1


@pytest.mark.parametrize(
    ("changes", "reasons"),
    [
        ({"going_well_1": "", "reason_3": ""}, "three-reasons"),
        ({"contact": ""}, "two-reasons"),
        ({"contact": CONTACT}, "one-reason"),
    ],
)
def test_where_all_would_not_fit_fewer_reasons_stand_on_paper(
    changes: dict[str, str], reasons: str, tmp_path: Path
) -> None:
    text = page(tmp_path / "outreach", 0, **changes).read_text(encoding="utf-8")

    assert f'<main class="{reasons}">' in text
    assert text.count("<li>") == (50 if reasons == "three-reasons" else 75), "on the screen they all stand"
