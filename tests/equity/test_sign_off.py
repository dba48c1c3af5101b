"""A written decision: complete, by somebody else, limited in time, and unedited."""

import datetime as dt
import hashlib
import json

import pytest

from ews.equity.sign_off import SignOff, sign_off
from ews.errors import GateClosed, UsageError

TODAY = dt.date(2025, 9, 1)


def decide(**changes: object) -> SignOff:
    usual: dict = {
        "kind": "insufficient_evidence",
        "verdict": "insufficient_evidence",
        "subject": "version 3",
        "approver": "  Grace Doe ",
        "role": "Equity officer",
        "reason": "Small district; reviewed group by group.",
        "conditions": "Review in January.",
        "expires": TODAY + dt.timedelta(days=180),
        "open_verdicts": [{"what": "lift", "verdict": "insufficient_evidence", "low": -0.01}],
        "model_digest": "m1",
        "audit_digest": "a1",
        "trained_by": "Sam Poe",
        "recorded_at": dt.datetime(2025, 9, 1, 12, tzinfo=dt.UTC),
        "today": TODAY,
    }
    return sign_off(**{**usual, **changes})


def test_a_complete_decision_is_recorded_with_what_was_open():
    decision = decide()
    assert decision.approver == "Grace Doe"
    assert decision.open_verdicts[0]["low"] == -0.01
    assert decision.conditions == "Review in January."


@pytest.mark.parametrize(
    "same",
    [
        "Sam Poe",
        " sam poe ",
        "SAM  POE",
        "sam\tpoe",
        "Sam\u00a0Poe",
        "Sam\u200b Poe",
        "Ｓam Poe",
        "sampoe-account",
    ],
)
def test_whoever_trained_the_model_may_not_approve_it(same):
    with pytest.raises(UsageError, match="trained the model"):
        decide(approver=same, trainers=["SamPoe-Account"])


def test_names_are_compared_case_folded():
    with pytest.raises(UsageError, match="trained the model"):
        decide(approver="STRASSER", trained_by="Straßer")


@pytest.mark.parametrize("empty", ["", "  ", "\u200b", "\n"])
@pytest.mark.parametrize("part", ["approver", "role", "reason"])
def test_name_role_and_reason_may_not_be_empty(part, empty):
    with pytest.raises(UsageError, match=f"--{part} is empty") as refused:
        decide(**{part: empty})
    assert refused.value.exit_code == 2


@pytest.mark.parametrize(
    ("days", "said"), [(0, "not in the future"), (-3, "not in the future"), (181, "too far")]
)
def test_a_decision_expires_in_the_future_and_within_180_days(days, said):
    with pytest.raises(UsageError, match=said):
        decide(expires=TODAY + dt.timedelta(days=days))
    assert decide(expires=TODAY + dt.timedelta(days=1)).is_in_force(TODAY)


@pytest.mark.parametrize(
    ("kind", "verdict", "said"),
    [
        ("approval", "fail", "not known"),
        ("override", "insufficient_evidence", "does not fit"),
        ("insufficient_evidence", "fail", "does not fit"),
        ("insufficient_evidence", "pass", "nothing to sign off"),
    ],
)
def test_the_kind_of_decision_fits_the_verdict(kind, verdict, said):
    with pytest.raises(UsageError, match=said):
        decide(kind=kind, verdict=verdict)
    assert decide(kind="override", verdict="fail").kind == "override"


def test_a_decision_holds_on_its_last_day_and_not_on_the_next():
    decision = decide()
    assert decision.is_in_force(decision.expires)
    assert not decision.is_in_force(decision.expires + dt.timedelta(days=1))


def test_a_decision_survives_json():
    decision = decide()
    assert SignOff.from_record(json.loads(json.dumps(decision.record()))) == decision


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("expires", "2031-01-01"),
        ("approver", "Somebody Else"),
        ("conditions", ""),
        ("model_digest", "m2"),
        ("open_verdicts", []),
        ("digest", "0" * 64),
    ],
)
def test_an_edited_record_is_noticed(key, value):
    with pytest.raises(GateClosed, match="changed after it was written"):
        SignOff.from_record({**decide().record(), key: value})


@pytest.mark.parametrize("part", ["approver", "role", "reason", "conditions"])
@pytest.mark.parametrize(
    ("text", "said"),
    [("x" * 1_001, "characters"), ("a\x1b[2Jb", "cannot be shown"), ("\udcff", "cannot be shown")],
)
def test_what_cannot_be_read_on_a_list_is_refused(part, text, said):
    with pytest.raises(UsageError, match=said):
        decide(**{part: text})


def test_what_was_typed_on_several_lines_becomes_one():
    assert decide(reason="Small\n\tdistrict\u2028reviewed").reason == "Small district reviewed"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"expires": "2026-09-01"}, "longer than a decision may"),
        ({"approver": "SAM POE"}, "trained the model"),
        ({"kind": "blessing"}, "changed"),
        ({"open_verdicts": [1]}, "incomplete"),
    ],
)
def test_a_record_that_could_not_have_been_written_is_refused_whatever_its_digest(changes, said):
    forged = {**decide().record(), **changes}
    content = {key: value for key, value in forged.items() if key != "digest"}
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    with pytest.raises(GateClosed, match=said):
        SignOff.from_record({**content, "digest": hashlib.sha256(text.encode()).hexdigest()})


@pytest.mark.parametrize("spoiled", [{"expires": "soon"}, {"recorded_at": None}])
def test_an_unreadable_record_is_refused(spoiled):
    with pytest.raises(GateClosed, match="incomplete"):
        SignOff.from_record({**decide().record(), **spoiled})
    with pytest.raises(GateClosed, match="incomplete"):
        SignOff.from_record({})
