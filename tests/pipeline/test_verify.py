"""``ews verify``: from the model in service to the last published file, nothing was touched."""

from __future__ import annotations

import json

import pytest

from tests.pipeline.at_work import AtWork


def test_an_untouched_workspace_verifies(in_service: AtWork, capsys: pytest.CaptureFixture[str]) -> None:
    assert in_service.run("verify", "--json") == 0

    result = json.loads(capsys.readouterr().out)
    assert result["problems"] == []
    assert result["files"] == len(in_service.manifest()["files"])


@pytest.mark.parametrize(
    ("what", "found"),
    [
        ("altered", "outreach/0001.csv: altered"),
        ("missing", "outreach/0001.csv: missing"),
        ("extra", "holds 1 file not in the manifest"),
        ("no manifest", "the manifest is missing"),
        ("nonsense in LATEST", "LATEST"),
        ("no LATEST", "LATEST"),
    ],
)
def test_a_touched_publication_is_found(
    what: str, found: str, moved: AtWork, capsys: pytest.CaptureFixture[str]
) -> None:
    target = moved.published() / "outreach" / "0001.csv"
    if what == "altered":
        target.write_bytes(target.read_bytes().replace(b"prevent", b"Prevent", 1))
    elif what == "missing":
        target.unlink()
    elif what == "extra":
        (target.parent / "more.csv").write_text("rank\n")
    elif what == "no manifest":
        (moved.published() / "manifest.json").unlink()
    elif what == "nonsense in LATEST":
        (moved.workspace / "published" / "LATEST").write_text("2031-01-01\n")
    else:
        (moved.workspace / "published" / "LATEST").unlink()

    assert moved.run("verify") == 40
    printed = capsys.readouterr()
    assert found in printed.out + printed.err


def test_publishing_that_night_again_mends_it(moved: AtWork) -> None:
    (moved.published() / "outreach" / "0001.csv").unlink()
    assert moved.run("verify") == 40

    assert moved.score() == 0
    assert moved.run("verify") == 0


def test_an_altered_model_does_not_verify(moved: AtWork) -> None:
    path = moved.model_folder() / "model.txt"
    path.write_bytes(path.read_bytes() + b" ")

    assert moved.run("verify") == 40


@pytest.mark.parametrize(
    ("error", "exit_code"), [(OSError(28, "no space left"), 20), (RuntimeError("a defect"), 1)]
)
def test_a_crash_while_publishing_leaves_what_was_there(
    error: Exception, exit_code: int, moved: AtWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = moved.manifest()

    def crash(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("ews.nightly.publish.write_index", crash)
    assert moved.score() == exit_code
    assert moved.manifest() == before
    assert moved.run("verify") == 0
    assert not [path for path in (moved.workspace / "published").iterdir() if path.name.startswith(".")]


def test_a_manifest_changed_with_its_list_is_found(moved: AtWork, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever changes a list and its digest in the manifest has not changed the export log."""
    manifest = moved.published() / "manifest.json"
    manifest.write_bytes(manifest.read_bytes().replace(b'"listed": ', b'"listed":  ', 1))

    assert moved.run("verify") == 40
    assert "not the one that was exported" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["evaluation.json", "fairness.json"])
def test_a_report_whose_figures_were_changed_is_found(
    name: str, moved: AtWork, capsys: pytest.CaptureFixture[str]
) -> None:
    report = moved.reports() / name
    report.write_bytes(report.read_bytes() + b" ")

    assert moved.run("verify") == 40
    assert f"{name}: not the one of the run" in capsys.readouterr().out
