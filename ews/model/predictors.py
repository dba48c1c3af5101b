"""What is compared at the same list length: the model, the rules of thumb, the logistic regression."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Predictor:
    """One way of ordering students.

    Parameters
    ----------
    name, title : str
        The name in ``evaluation.json``, and the words for readers.
    kind : str
        ``model``, ``rule`` or ``regression``; the scores of a rule are no probabilities.
    column : str
        The column of the judged rows that holds its scores.
    phrase : str
        The title inside a sentence.
    """

    name: str
    title: str
    kind: Literal["model", "rule", "regression"]
    column: str
    phrase: str

    @property
    def gives_risks(self) -> bool:
        """Whether its scores are probabilities."""
        return self.kind != "rule"


MODEL = Predictor("model", "Model", "model", "risk", "the model")
RULES = (
    Predictor("prior_year_rate", "Last year's absence rate", "rule", "rule_prior_year", "last year's rate"),
    Predictor(
        "year_to_date_rate",
        "This year's absence rate so far",
        "rule",
        "rule_year_to_date",
        "this year's rate so far",
    ),
    Predictor(
        "larger_of_both",
        "The larger of the two rates",
        "rule",
        "rule_larger_of_both",
        "the larger of the two rates",
    ),
    Predictor(
        "school_grade_rate",
        "Absence rate of the school and grade",
        "rule",
        "rule_school_grade",
        "the rate of the student's school and grade",
    ),
)
REGRESSION = Predictor(
    "logistic_regression",
    "Logistic regression",
    "regression",
    "logistic_regression",
    "the logistic regression",
)
PREDICTORS = (MODEL, *RULES, REGRESSION)
