"""One printed page for a superintendent: what the list will find and miss, and what that asks of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ews.reports.charts import SECTION_TITLES
from ews.reports.hundred_places import hundred_places
from ews.reports.in_words import in_these_words, outcome_words
from ews.reports.numbers import number_of, per_hundred
from ews.reports.render import render_page
from ews.reports.verdict_words import health_claims

LAST_YEAR = "prior_year_rate"
_MODEL = "model"
_WELL_ENOUGH = 0.02
"""A mean distance between risk and outcome up to which risks may be read as probabilities."""

_RULES_IN_WORDS = {
    "prior_year_rate": "last year\u2019s record",
    "year_to_date_rate": "this year\u2019s absence so far",
    "larger_of_both": "the larger of last year\u2019s and this year\u2019s absence",
    "school_grade_rate": "the absence of the school and grade",
}


def render_summary(
    evaluation: Mapping[str, Any], fairness: Mapping[str, Any], banners: Sequence[str] = ()
) -> str:
    """Return ``summary.html``, one page of paper in US Letter.

    A share is shown only where at least ``min_cell`` places of the lists had the outcome and as many had
    not: this page goes farther than the others.

    Parameters
    ----------
    evaluation, fairness : mapping
        ``evaluation.json`` and ``fairness.json`` of a run.
    banners : sequence of str
        Sentences that must be seen first.

    Raises
    ------
    jinja2.UndefinedError, KeyError
        If a figure that the page shows is missing.
    """
    outcome = outcome_words(evaluation.get("label"))
    fewest = int(fairness["min_cell"])
    pooled = next(each for each in evaluation["periods"] if each["as_of"] == "pooled")["populations"]["all"]
    ranked = _ranked_by(evaluation, pooled)
    rows = {section: _section(pooled, section, ranked, fewest) for section in SECTION_TITLES}
    return render_page(
        "summary.html.j2",
        district=evaluation["district"],
        run=evaluation["run"],
        test_year=evaluation["test_year"],
        banners=banners,
        outcome=outcome,
        verdict=_verdict(evaluation, fairness),
        ranked=ranked,
        sections=SECTION_TITLES,
        rows=rows,
        picture=hundred_places(rows["prevent"][:2], outcome) if _drawable(rows["prevent"][:2]) else "",
        beside_rule=_beside_rule(rows["prevent"], ranked, _difference(pooled, "prevent")),
        reach=_reach(pooled["predictors"][_MODEL]["at_capacity"]["both"], pooled, fewest),
        lead=_lead(evaluation.get("lead_time"), evaluation["lift"]["best_rule"], fewest),
        pairs=_pairs(evaluation["lift"]),
        health=health_claims(evaluation.get("ablation")),
        risks=_risks(pooled["predictors"][_MODEL], evaluation.get("base_rates")),
        fairness_sentence=in_these_words(fairness["sentence"], outcome),
        fairness_verdict=fairness["verdict"],
        dates=len(evaluation["as_of_dates"]),
        simulated=evaluation.get("truth") is not None,
    )


def _verdict(evaluation: Mapping[str, Any], fairness: Mapping[str, Any]) -> dict[str, Any]:
    """Return the gate's verdict as an instruction, and what it rests on."""
    lift, fair = evaluation["lift"]["verdict"], fairness["verdict"]
    both = evaluation.get("gate") or ("fail" if "fail" in (lift, fair) else "insufficient_evidence")
    rule = _RULES_IN_WORDS.get(evaluation["lift"]["best_rule"] or "", "a rule of thumb")
    about_rule = {
        "pass": f"It orders students better than the best rule of thumb, {rule}.",
        "fail": f"It does not order students better than {rule}, a rule of thumb that needs no model.",
        "insufficient_evidence": (
            f"It is not shown to be better than {rule}, a rule of thumb that needs no model."
        ),
    }[lift]
    about_groups = {
        "pass": "The fairness audit passed.",
        "fail": "The fairness audit failed.",
        "insufficient_evidence": "The fairness audit could not settle every question.",
    }[fair]
    instruction = {
        "pass": "This list may be used.",
        "insufficient_evidence": "Do not use this list unless an equity officer has signed off in writing.",
        "fail": "Do not use this list.",
    }[both]
    return {"instruction": instruction, "because": [about_rule, about_groups], "word": both}


def _ranked_by(evaluation: Mapping[str, Any], pooled: Mapping[str, Any]) -> dict[str, str]:
    """Return the words for the model, the best rules of thumb and last year's record.

    The first rule is the one that finds most at the length of the list, to the rules' advantage; the rule
    that ranks best, which the verdict names, may be another.
    """
    rules = [each["name"] for each in evaluation["predictors"] if each["kind"] == "rule"]
    found = {name: _shares(pooled, name, "prevent")[0] for name in rules}
    known = [name for name in rules if found[name] is not None]
    best = max(known, key=lambda name: found[name] or 0.0) if known else evaluation["lift"]["best_rule"]
    wanted = (best, evaluation["lift"]["best_rule"], LAST_YEAR)
    names = [name for name in dict.fromkeys(wanted) if name in rules]
    titles = {each["name"]: each["title"] for each in evaluation["predictors"]}
    words = {name: _RULES_IN_WORDS.get(name, titles[name]) for name in names}
    return {_MODEL: "the model", **words}


def _shares(pooled: Mapping[str, Any], name: str, section: str) -> tuple[float | None, Mapping[str, Any]]:
    figures: Mapping[str, Any] = pooled["predictors"][name]["at_capacity"][section]
    return number_of(figures["precision"]), figures


def _section(
    pooled: Mapping[str, Any], section: str, ranked: Mapping[str, str], fewest: int
) -> list[dict[str, Any]]:
    rows = []
    for name, words in ranked.items():
        value, figures = _shares(pooled, name, section)
        shown = value is not None and _enough(figures["found"], figures["listed"], fewest)
        rows.append(
            {
                "name": name,
                "words": words,
                "listed": figures["listed"],
                "figure": figures["precision"] if shown else None,
                "instead": _instead(figures["found"], figures["listed"], fewest),
            }
        )
    return rows


def _instead(found: int, listed: int, fewest: int) -> str:
    """Return the words for a share that is not shown: on a long list nearly all or none is no secret."""
    if listed < 5 * fewest:
        return "too few to say"
    return "nearly all" if 2 * found > listed else "nearly none"


def _enough(found: int, listed: int, fewest: int) -> bool:
    return min(found, listed - found) >= fewest


def _drawable(rows: Sequence[Mapping[str, Any]]) -> bool:
    return any(each["figure"] is not None for each in rows)


def _difference(pooled: Mapping[str, Any], section: str) -> Mapping[str, Any] | None:
    """Return the model's precision less that of the rule that finds most, paired by student."""
    found: Mapping[str, Any] | None = pooled.get("beside")
    return None if found is None else found["precision"][section]["difference"]


def _beside_rule(
    rows: Sequence[Mapping[str, Any]], ranked: Mapping[str, str], difference: Mapping[str, Any] | None
) -> str:
    """Say how many more of 100 places the model finds than the best rule; as rounded on the page."""
    figures = {each["name"]: each["figure"] for each in rows}
    first = next((name for name in ranked if name != _MODEL), "")
    model, rule = figures[_MODEL], figures.get(first)
    if model is None or rule is None:
        return "There are too few students on the lists to say how many more it finds than a rule of thumb."
    words = f"{ranked[first]}, the rule of thumb that finds most,"
    more = round(100 * model["value"]) - round(100 * rule["value"])
    if more == 0:
        return f"Of 100 places the model finds as many as {words} does."
    said = f"Of 100 places the model finds {abs(more)} {'more' if more > 0 else 'fewer'} than {words} does"
    settled = _settled(difference) if difference else _apart(model, rule)
    return f"{said}." if settled else f"{said}; on these lists alone that could be chance."


def _settled(difference: Mapping[str, Any]) -> bool:
    """Return whether an interval leaves out 0."""
    low, high = number_of(difference, "low"), number_of(difference, "high")
    return low is not None and high is not None and (low > 0 or high < 0)


def _apart(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Return whether two intervals do not touch; False where there is none."""
    ends = [number_of(each, key) for each in (one, other) for key in ("low", "high")]
    if any(each is None for each in ends):
        return False
    low, high, other_low, other_high = (each or 0.0 for each in ends)
    return low > other_high or high < other_low


def _reach(at_capacity: Mapping[str, Any], pooled: Mapping[str, Any], fewest: int) -> dict[str, Any] | None:
    """Return of 100 students in need how many are listed on a date, and for how many there are places."""
    positives = pooled["positives"]
    if not positives or not _enough(at_capacity["found"], positives, fewest):
        return None
    return {
        "listed": at_capacity["recall"],
        "places": min(1.0, at_capacity["listed"] / positives),
    }


def _lead(lead_time: Mapping[str, Any] | None, best_rule: str | None, fewest: int) -> dict[str, Any] | None:
    """Return how early the model's lists come, or None where that is not known or too few students."""
    if lead_time is None:
        return None
    figures = lead_time["predictors"][_MODEL]
    if not _enough(figures["listed_before"], lead_time["students"], fewest):
        return None
    rule = lead_time["predictors"].get(best_rule)
    shown = rule is not None and _enough(rule["listed_before"], lead_time["students"], fewest)
    return {
        "before": figures["share_listed_before"],
        "to_end": figures["days_to_year_end"]["median"],
        "rule": rule["share_listed_before"] if shown else None,
        "rule_words": _RULES_IN_WORDS.get(best_rule or "", ""),
    }


def _pairs(lift: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return AUC as pairs of 100 put in order, by the model and by the best rule of thumb."""
    if lift["model_auc"] is None:
        return None
    rule = _RULES_IN_WORDS.get(lift["best_rule"], str(lift["best_rule"]))
    return {
        "model": per_hundred(lift["model_auc"]),
        "rule": per_hundred(lift["best_rule_auc"]),
        "words": rule,
        "gain": {"value": lift["estimate"], "low": lift["low"], "high": lift["high"]},
    }


def _risks(model: Mapping[str, Any], base_rates: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return how far risks are from what happened, and whether they were too high or too low on the whole."""
    error = model["calibration_error"]
    if number_of(error) is None:
        return None
    low, high = ((base_rates or {}).get("drift", {}).get(end) for end in ("low", "high"))
    level = "low" if low is not None and low > 0 else "high" if high is not None and high < 0 else ""
    return {"error": error, "close": error["value"] <= _WELL_ENOUGH, "level": level}
