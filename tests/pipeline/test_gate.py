"""The gate: nothing that is open goes into service without a written decision, and a fail says why."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from openpyxl import load_workbook

from tests.pipeline.at_work import AtWork, copy_of, days_from_today, published_bytes, same_bytes, sign_off


def test_without_a_sign_off_an_open_verdict_is_not_promoted(
    unsigned: AtWork, capsys: pytest.CaptureFixture[str]
) -> None:
    assert unsigned.run("promote") == 50

    message = capsys.readouterr().err
    assert "nobody has signed it off" in message
    assert "next:" in message
    assert unsigned.score() == 40


@pytest.mark.parametrize("approver", ["Trainer", "  tRAINER ", "TRAINER"])
def test_who_trained_may_not_sign_off(
    approver: str, unsigned: AtWork, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sign_off(unsigned, approver=approver) == 2

    assert "trained" in capsys.readouterr().err
    assert unsigned.run("promote") == 50
    assert not (unsigned.workspace / "sign_offs.jsonl").exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"expires": days_from_today(0)},
        {"expires": days_from_today(-1)},
        {"expires": days_from_today(182)},
        {"expires": "next summer"},
        {"kind": "override"},
        {"kind": "whatever"},
        {"reason": "  "},
        {"role": ""},
        {"approver": " "},
    ],
)
def test_a_decision_that_does_not_hold_is_refused(changes: dict[str, str], unsigned: AtWork) -> None:
    assert sign_off(unsigned, **changes) == 2

    assert unsigned.run("promote") == 50


def test_a_decision_of_half_a_year_holds(unsigned: AtWork) -> None:
    assert sign_off(unsigned, expires=days_from_today(179)) == 0

    assert unsigned.run("promote") == 0


def test_a_decision_is_kept_with_every_open_verdict_and_its_figures(in_service: AtWork) -> None:
    lines = (in_service.workspace / "sign_offs.jsonl").read_text(encoding="utf-8").splitlines()
    record = json.loads(lines[0])
    version = in_service.registry_client().get_model_version(in_service.model_name, "1")

    assert len(lines) == 1
    assert json.loads(version.tags["sign_off"]) == record
    assert record["approver"] == "Ada Officer"
    assert record["trained_by"] == "Trainer"
    open_comparisons = [
        each for each in in_service.figures("fairness.json")["comparisons"] if each["verdict"] != "pass"
    ]
    by_what = {each["what"]: each for each in record["open_verdicts"] if each["what"] != "comparison"}
    for what, name in (("lift", "evaluation.json"), ("fairness", "fairness.json")):
        figures = in_service.figures(name)
        figures = figures["lift"] if what == "lift" else figures
        assert (what in by_what) == (figures["verdict"] != "pass")
        assert by_what.get(what, {}).get("sentence", figures["sentence"]) == figures["sentence"]
    assert [each for each in record["open_verdicts"] if each["what"] == "comparison"] == [
        {"what": "comparison", **each} for each in open_comparisons
    ]


def test_an_audit_edited_before_the_sign_off_cannot_be_signed(unsigned: AtWork) -> None:
    for path in (unsigned.folder / "mlruns" / "artifacts").rglob("audit/fairness.json"):
        path.write_bytes(path.read_bytes() + b" ")

    assert sign_off(unsigned) == 50


def test_the_decision_stands_on_every_list_and_report(in_service: AtWork) -> None:
    check_banner(in_service, "Signed off by Ada Officer (Equity officer)")


def check_banner(district: AtWork, sentence: str) -> None:
    folder = district.published()
    pages = [*folder.rglob("*.html"), *district.reports().glob("*.html")]
    assert len(pages) >= 1 + 3 + 3
    for page in pages:
        assert sentence in page.read_text(encoding="utf-8"), page.name
    for book in folder.rglob("*.xlsx"):
        cells = [
            str(cell.value)
            for sheet in load_workbook(book).worksheets
            for row in sheet.iter_rows()
            for cell in row
        ]
        assert any(sentence in cell for cell in cells), book.name


@pytest.fixture(scope="module")
def failed(overridden: AtWork) -> tuple[AtWork, int]:
    """A district without an audit, and the exit code of its training."""
    return overridden, overridden.run("train", "--by", "Trainer")


@pytest.fixture
def failed_copy(failed: tuple[AtWork, int], tmp_path: Path) -> AtWork:
    return copy_of(failed[0], tmp_path / "failed")


def test_a_model_without_an_audit_is_failed_and_not_registered(failed: tuple[AtWork, int]) -> None:
    district, exit_code = failed

    assert exit_code == 50
    assert district.registry_client().search_registered_models() == []
    assert {path.suffix for path in district.reports().iterdir()} == {".html", ".json", ".png"}
    assert district.figures("fairness.json")["verdict"] == "fail"
    assert "audit could not be made" in district.figures("fairness.json")["sentence"]
    assert district.figures("evaluation.json")["gate"] == "fail"


def test_a_failed_run_cannot_be_promoted_or_waved_through(failed_copy: AtWork) -> None:
    run = failed_copy.reports().name

    assert failed_copy.run("promote") == 50
    assert sign_off(failed_copy) == 50  # there is no challenger to sign off
    assert sign_off(failed_copy, "--run", run) == 2  # insufficient_evidence does not fit a fail
    assert sign_off(failed_copy, "--run", run, kind="override", approver="trainer") == 2
    assert sign_off(failed_copy, "--run", "2000-01-01-1", kind="override") == 2
    assert failed_copy.registry_client().search_registered_models() == []


@pytest.fixture(scope="module")
def on_override(failed: tuple[AtWork, int], tmp_path_factory: pytest.TempPathFactory) -> AtWork:
    """The failed run registered by an override; not promoted."""
    district = copy_of(failed[0], tmp_path_factory.mktemp("override") / "district")
    run = district.reports().name
    assert sign_off(district, "--run", run, kind="override", conditions="Weekly review") == 0
    return district


def test_an_override_registers_the_run_and_promotes_nothing(on_override: AtWork) -> None:
    client = on_override.registry_client()

    assert len(client.search_model_versions(f"name = '{on_override.model_name}'")) == 1
    assert "champion" not in client.get_registered_model(on_override.model_name).aliases
    assert client.get_model_version(on_override.model_name, "1").tags["gate_verdict"] == "fail"


@pytest.fixture(scope="module")
def overridden_in_service(on_override: AtWork, tmp_path_factory: pytest.TempPathFactory) -> AtWork:
    district = copy_of(on_override, tmp_path_factory.mktemp("promoted") / "district")
    assert district.run("promote") == 0
    assert district.score() == 0
    return district


def test_an_override_stands_on_every_list_in_the_manifest_and_in_the_reports(
    overridden_in_service: AtWork,
) -> None:
    check_banner(overridden_in_service, "The gate failed this model and was overridden")
    check_banner(overridden_in_service, "Weekly review")
    manifest = overridden_in_service.manifest()
    assert manifest["sign_off"]["kind"] == "override"
    assert manifest["audit"]["verdict"] == "fail"


def test_meal_status_kept_for_audits_changes_no_published_byte(
    overridden_in_service: AtWork, extracts: AtWork, tmp_path: Path
) -> None:
    """This model was trained with ``use: audit``: eligibility is turned around, and demographics too."""
    district = copy_of(overridden_in_service, tmp_path / "turned around")
    other = {"free": "paid", "paid": "free", "reduced": "cep", "cep": "reduced"}
    district.change_extract(
        "meal_programs", lambda rows: rows.assign(eligibility=rows["eligibility"].map(other))
    )
    shutil.copy(extracts.folder / "extracts" / "students.csv", district.folder / "extracts")
    district.into_a_fresh_store()

    assert district.score() == 0
    assert same_bytes(published_bytes(overridden_in_service), published_bytes(district)) == []


@pytest.mark.slow
def test_a_model_that_failed_does_not_get_through_by_leaving_out_the_attribute_it_failed_on(
    challenger: AtWork, tmp_path: Path
) -> None:
    district = copy_of(challenger, tmp_path / "dodged")
    # The run before, as if it had failed: nothing else would have to be trained.
    client = district.registry_client()
    version = client.get_model_version_by_alias(district.model_name, "challenger")
    client.set_tag(version.run_id, "fairness_verdict", "fail")
    client.set_tag(version.run_id, "gate_verdict", "fail")
    district.edit("sensitive: [race_ethnicity, ", "sensitive: [")
    assert district.run("train", "--by", "Trainer") == 50
    fairness = district.figures("fairness.json")
    assert "which asked more than this one" in fairness["sentence"]
    assert "Race and ethnicity".lower() in " ".join(fairness["notes"])
    page = (district.reports() / "fairness.html").read_text(encoding="utf-8")
    assert "has judged 1 model before this one: 1 fail" in page
