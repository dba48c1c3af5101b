"""``ews verify`` accepts what a purge did to a night, and nothing else, whatever calls itself a purge."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from ews.atomic_switch import exchange
from ews.digests import canonical_json, digest_of, file_digest
from ews.nightly.export_log import standings
from ews.nightly.published_nights import MANIFEST
from ews.nightly.verify import verify
from ews.purge.run import purge
from tests.purge.workspace import CANARY, NIGHTS, OTHERS, Small, publish_night

pytestmark = pytest.mark.usefixtures("model_in_name")


def change_list(night: Path) -> None:
    """Move somebody up a list by hand, and the digest in the manifest with it."""
    path = night / "outreach" / "s1.csv"
    path.write_bytes(path.read_bytes().replace(b"Absent often", b"Other words", 1))
    manifest = json.loads((night / MANIFEST).read_bytes())
    manifest["files"]["outreach/s1.csv"] = file_digest(path)
    (night / MANIFEST).write_bytes(canonical_json(manifest))


def add_lines(small: Small, log: str, *lines: dict[str, Any]) -> None:
    with (small.workspace / log).open("a", encoding="utf-8") as file:
        file.writelines(f"{json.dumps(line)}\n" for line in lines)


def problems(small: Small) -> str:
    return "\n".join(verify(small.config).problems)


@pytest.mark.parametrize("name", ["scores.parquet", "outreach/s1.csv", "outreach/s1.xlsx", "index.html"])
def test_a_file_changed_after_the_purge_is_found(purged: Small, name: str) -> None:
    path = purged.night() / name
    path.write_bytes(path.read_bytes() + b" ")
    assert f"{name}: altered since it was published" in problems(purged)


def test_a_manifest_changed_with_its_list_after_the_purge_is_found(purged: Small) -> None:
    change_list(purged.night())
    assert "the manifest is not the one that was exported" in problems(purged)


def test_a_manifest_that_claims_a_purge_that_the_log_does_not_know_is_found(small: Small) -> None:
    path = small.night() / MANIFEST
    manifest = json.loads(path.read_bytes())
    manifest["purges"] = [{"purge": "2026-01-01-1", "kind": "student", "files": ["outreach/s1.csv"]}]
    path.write_bytes(canonical_json(manifest))
    change_list(small.night())
    assert "the manifest is not the one that was exported" in problems(small)


def test_a_forged_line_that_does_not_follow_from_what_was_there_is_found(purged: Small) -> None:
    """The log names a purge, but from a manifest that never was exported."""
    change_list(purged.night())
    line = {
        "what": f"published/{NIGHTS[1]}",
        "purge": "2026-01-01-1",
        "from": "0" * 64,
        "manifest": file_digest(purged.night() / MANIFEST),
        "rows": 1,
    }
    add_lines(purged, "exports.jsonl", line)
    assert "the manifest is not the one that was exported" in problems(purged)


def test_a_forged_line_whose_purge_nobody_logged_is_found(purged: Small) -> None:
    was = file_digest(purged.night() / MANIFEST)
    change_list(purged.night())
    manifest = json.loads((purged.night() / MANIFEST).read_bytes())
    manifest["purges"].append({"purge": "2026-01-01-1"})
    (purged.night() / MANIFEST).write_bytes(canonical_json(manifest))
    line = {
        "what": f"published/{NIGHTS[1]}",
        "purge": "2026-01-01-1",
        "from": was,
        "manifest": file_digest(purged.night() / MANIFEST),
        "rows": 1,
    }
    add_lines(purged, "exports.jsonl", line)
    assert "names a purge that does not follow from what was there" in problems(purged)


def test_a_purge_that_leaves_more_rows_than_there_were_is_not_one(purged: Small) -> None:
    was = file_digest(purged.night() / MANIFEST)
    line = {"what": f"published/{NIGHTS[1]}", "purge": "x", "from": was, "manifest": was, "rows": 5}
    add_lines(purged, "exports.jsonl", line)
    assert "names a purge that does not follow from what was there" in problems(purged)


def test_the_night_as_it_was_before_the_purge_is_found_when_it_is_put_back(
    purged: Small, untouched: Small
) -> None:
    shutil.rmtree(purged.night())
    shutil.copytree(untouched.night(), purged.night())

    assert f"{NIGHTS[1]}: was purged since, and this is what was there before" in problems(purged)
    purge(purged.config, student=CANARY, yes=True)
    assert problems(purged) == ""


def test_the_store_as_it_was_before_the_purge_is_found_when_it_is_put_back(
    purged: Small, untouched: Small
) -> None:
    purged.store.write_bytes(untouched.store.read_bytes())

    assert "the store holds 1 students and 0 days of attendance that were purged" in problems(purged)
    purge(purged.config, student=CANARY, yes=True)
    assert problems(purged) == ""


def test_the_store_as_it_was_before_a_period_was_purged_is_found(small: Small) -> None:
    kept = small.store.read_bytes()
    purge(small.config, before=NIGHTS[0], yes=True)
    small.store.write_bytes(kept)
    assert "the store holds 0 students and 1 days of attendance that were purged" in problems(small)


def test_a_night_that_is_published_again_stands_for_itself(purged: Small) -> None:
    publish_night(purged, NIGHTS[1])
    assert problems(purged) == ""
    assert digest_of((purged.night() / MANIFEST).read_bytes())


def test_a_purge_that_is_stopped_right_after_it_switched_a_night_is_in_the_log_by_then(
    small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = file_digest(small.night(NIGHTS[0]) / MANIFEST)

    def stopped(one: Path, other: Path) -> bool:
        assert exchange(one, other) or pytest.skip("this file system exchanges no folders")
        if other == small.night(NIGHTS[0]):
            raise KeyboardInterrupt
        return True

    monkeypatch.setattr("ews.private_files.exchange", stopped)
    with pytest.raises(KeyboardInterrupt):
        purge(small.config, student=CANARY, yes=True)
    monkeypatch.undo()
    assert file_digest(small.night(NIGHTS[0]) / MANIFEST) != before
    assert (
        file_digest(small.night(NIGHTS[0]) / MANIFEST) == standings(small.workspace)[str(NIGHTS[0])].manifest
    )


def test_two_purges_of_one_night_follow_from_one_another(purged: Small) -> None:
    purge(purged.config, student=OTHERS[0], yes=True)
    assert problems(purged) == ""
    manifest = json.loads((purged.night() / MANIFEST).read_bytes())
    assert len(manifest["purges"]) == 2
    assert manifest["rows"]["listed"] == 2


def test_a_night_that_was_purged_whole_is_not_missed_whatever_state_it_was_in(small: Small) -> None:
    (small.night(NIGHTS[0]) / MANIFEST).write_text("{}")
    purge(small.config, before=NIGHTS[1], yes=True)

    assert not small.night(NIGHTS[0]).exists()
    assert problems(small) == ""


def test_a_night_that_was_deleted_is_missed_also_where_a_purge_that_nobody_logged_is_claimed(
    small: Small,
) -> None:
    was = file_digest(small.night(NIGHTS[0]) / MANIFEST)
    shutil.rmtree(small.night(NIGHTS[0]))
    missed = f"{NIGHTS[0]}: was exported, was not purged, and is missing"
    assert missed in problems(small)

    line = {"what": f"published/{NIGHTS[0]}", "purge": "2026-01-01-1", "from": was, "manifest": None}
    add_lines(small, "exports.jsonl", line)
    assert missed in problems(small)
