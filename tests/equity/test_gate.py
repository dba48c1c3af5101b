"""The gate: the worse of two verdicts, and who may let a model through that did not pass."""

import datetime as dt
from collections.abc import Callable

import pytest

from ews.equity.gate import gate_verdict, may_promote, open_verdicts
from ews.equity.sign_off import SignOff, sign_off
from ews.errors import GateClosed

TODAY = dt.date(2025, 9, 1)
DIGESTS = {"model_digest": "m1", "audit_digest": "a1"}


def decided(**changes: object) -> SignOff:
    usual: dict = {
        "kind": "insufficient_evidence",
        "verdict": "insufficient_evidence",
        "subject": "version 3",
        "approver": "Grace Doe",
        "role": "Equity officer",
        "reason": "Small district; reviewed group by group.",
        "expires": TODAY + dt.timedelta(days=90),
        "open_verdicts": [],
        "trained_by": "data-team",
        "recorded_at": dt.datetime(2025, 9, 1, 12, tzinfo=dt.UTC),
        "today": TODAY,
        **DIGESTS,
    }
    return sign_off(**{**usual, **changes})


def test_a_refusal_names_what_did_not_hold() -> None:
    sentences = ["These data cannot tell.", "Two comparisons are open."]
    with pytest.raises(GateClosed) as closed:
        may_promote("insufficient_evidence", [], TODAY, **DIGESTS, did_not_hold=sentences)
    assert closed.value.found == (
        "the gate's verdict is insufficient evidence, and nobody has signed it off. "
        "These data cannot tell. Two comparisons are open."
    )


@pytest.mark.parametrize(
    ("lift", "fairness", "gate"),
    [
        ("pass", "pass", "pass"),
        ("pass", "insufficient_evidence", "insufficient_evidence"),
        ("insufficient_evidence", "pass", "insufficient_evidence"),
        ("insufficient_evidence", "fail", "fail"),
        ("fail", "pass", "fail"),
        ("fail", "fail", "fail"),
    ],
)
def test_the_gate_gives_the_worse_of_two_verdicts(lift, fairness, gate):
    assert gate_verdict(lift, fairness) == gate


@pytest.mark.parametrize("unknown", ["not_judged", "", "PASS", "ok"])
def test_an_unknown_verdict_never_slips_through(unknown):
    with pytest.raises(ValueError, match="not a verdict"):
        gate_verdict("pass", unknown)
    with pytest.raises(ValueError, match="not a verdict"):
        may_promote(unknown, [decided()], TODAY, **DIGESTS)


def test_a_pass_needs_nobody():
    assert may_promote("pass", [], TODAY, **DIGESTS) is None


@pytest.mark.parametrize(
    ("verdict", "kind"), [("insufficient_evidence", "insufficient_evidence"), ("fail", "override")]
)
def test_an_open_verdict_closes_the_gate_and_says_what_to_do(verdict, kind):
    with pytest.raises(GateClosed, match="nobody has signed it off") as closed:
        may_promote(verdict, [], TODAY, **DIGESTS)
    assert closed.value.exit_code == 50
    assert f"--kind {kind}" in closed.value.next_step


def test_a_decision_in_force_about_this_model_and_audit_opens_it():
    decision = decided()
    assert may_promote("insufficient_evidence", [decision], TODAY, **DIGESTS) is decision
    override = decided(kind="override", verdict="fail")
    assert may_promote("fail", [override], TODAY, **DIGESTS) is override


def test_of_several_decisions_the_one_that_lasts_longest_counts():
    short, long = decided(expires=TODAY + dt.timedelta(days=5)), decided()
    assert may_promote("insufficient_evidence", [long, short], TODAY, **DIGESTS) is long


@pytest.mark.parametrize(
    ("verdict", "changes", "days_later", "said"),
    [
        ("insufficient_evidence", {}, 91, "lapsed"),
        ("insufficient_evidence", {"model_digest": "m2"}, 0, "another model"),
        ("insufficient_evidence", {"audit_digest": "a2"}, 0, "another audit"),
        ("insufficient_evidence", {"kind": "override", "verdict": "fail"}, 0, "another kind"),
        ("fail", {}, 0, "another kind"),
    ],
)
def test_a_decision_that_does_not_cover_it_does_not_open_it(verdict, changes, days_later, said):
    with pytest.raises(GateClosed, match=said):
        may_promote(verdict, [decided(**changes)], TODAY + dt.timedelta(days=days_later), **DIGESTS)


def report(verdict: str, *comparisons: str) -> dict:
    return {
        "verdict": verdict,
        "sentence": "in words",
        "not_judged_share_of_positives": 0.1,
        "comparisons": [
            {"group": f"g{at}", "value": at / 10, "verdict": v} for at, v in enumerate(comparisons)
        ],
    }


@pytest.fixture
def lift() -> Callable[[str], dict]:
    def of(verdict: str) -> dict:
        return {"lift": {"verdict": verdict, "estimate": 0.01, "low": -0.01, "high": 0.03, "sentence": "so"}}

    return of


def test_everything_that_is_not_a_pass_is_copied_with_its_figures(lift):
    fairness = report("fail", "pass", "fail", "not_judged", "insufficient_evidence")
    found = open_verdicts(lift("insufficient_evidence"), fairness)
    assert [(each["what"], each["verdict"]) for each in found] == [
        ("lift", "insufficient_evidence"),
        ("fairness", "fail"),
        ("comparison", "fail"),
        ("comparison", "not_judged"),
        ("comparison", "insufficient_evidence"),
    ]
    assert found[0]["low"] == -0.01
    assert found[2]["value"] == 0.1


def test_a_pass_leaves_nothing_open(lift):
    assert open_verdicts(lift("pass"), report("pass", "pass")) == []
