"""A verdict is signed off and promoted on the terms it was reached by, not on stricter ones since."""

from __future__ import annotations

import json

import pytest

from ews.equity.audit_terms import terms_changed
from tests.pipeline.at_work import AtWork, sign_off

STRICTER = [
    ("excess_fnr: 0.10", "excess_fnr: 0.02", "audit.tolerance.excess_fnr is 0.02, and was 0.1 in the audit"),
    ("auc_difference: 0.10", "auc_difference: 0.01", "audit.tolerance.auc_difference is 0.01"),
    ("sensitive: [", "sensitive: [homeless, ", "audit.sensitive names homeless, which was not audited"),
    ("min_group: 30", "min_group: 10", "audit.min_group is 10, and was 30 in the audit"),
]


@pytest.mark.parametrize(("old", "new", "said"), STRICTER)
def test_every_stricter_term_is_noticed_and_its_reverse_is_looser(
    old: str, new: str, said: str, unsigned: AtWork
) -> None:
    audited = {
        **unsigned.config.audit.model_dump(),
        "attributes": [{"attribute": each} for each in unsigned.config.audit.sensitive],
    }
    before = unsigned.config.audit
    unsigned.edit(old, new)
    now = unsigned.config.audit

    changed = terms_changed(now, audited)
    assert len(changed.stricter) == 1
    assert changed.stricter[0].startswith(said)
    assert changed.looser == ()
    stated = {**now.model_dump(), "attributes": [{"attribute": each} for each in now.sensitive]}
    assert (terms_changed(before, stated).stricter, len(terms_changed(before, stated).looser)) == ((), 1)


def test_terms_made_stricter_since_the_training_need_a_training(
    unsigned: AtWork, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new, said = STRICTER[0]
    unsigned.edit(old, new)

    assert sign_off(unsigned) == 50
    printed = capsys.readouterr().err
    assert said in printed
    assert "train again" in printed
    assert not (unsigned.workspace / "sign_offs.jsonl").exists()

    unsigned.edit(new, old)
    assert sign_off(unsigned) == 0
    unsigned.edit(old, new)
    assert unsigned.run("promote") == 50
    assert said in capsys.readouterr().err
    unsigned.edit(new, old)
    assert unsigned.run("promote") == 0


def test_terms_made_looser_leave_the_verdict_on_what_was_audited_and_the_output_says_so(
    unsigned: AtWork, capsys: pytest.CaptureFixture[str]
) -> None:
    unsigned.edit("excess_fnr: 0.10", "excess_fnr: 0.50")
    unsigned.edit("[race_ethnicity, ", "[")
    stands = "The verdict stands on what was audited: "
    said = [
        f"{stands}audit.sensitive leaves out race_ethnicity, which was audited.",
        f"{stands}audit.tolerance.excess_fnr is 0.5, and was 0.1 in the audit.",
    ]

    assert sign_off(unsigned) == 0
    printed = capsys.readouterr().out
    assert all(f"! {each}\n" in printed for each in said)
    assert unsigned.run("promote", "--json") == 0
    assert json.loads(capsys.readouterr().out)["notes"] == said


def test_terms_that_are_the_same_change_nothing(challenger: AtWork) -> None:
    changed = terms_changed(challenger.config.audit, challenger.figures("fairness.json"))

    assert (changed.stricter, changed.looser) == ((), ())


def test_where_no_audit_could_be_made_there_is_nothing_to_compare_with(challenger: AtWork) -> None:
    without = {**challenger.figures("fairness.json"), "attributes": [], "min_group": 90}

    assert terms_changed(challenger.config.audit, without).stricter == ()
