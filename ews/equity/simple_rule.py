"""Figures by group of the rule of thumb that the district could use instead of the model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ews.equity.group_records import GroupRecords
from ews.equity.groups import attribute_title, group_order


def rule_record(
    predictor: str, title: str, attributes: Sequence[str], records: Sequence[GroupRecords]
) -> dict[str, Any]:
    """Return ``simple_rule`` of ``fairness.json``.

    A rule's score is no probability, so need that it under-estimates cannot be measured; its miss rates
    and its ranking can.

    Parameters
    ----------
    predictor, title : str
        The rule's name in ``evaluation.json``, and in words.
    attributes : sequence of str
        The declared attributes.
    records : sequence of GroupRecords
        Of the same attributes, on lists of the same lengths filled by the rule.
    """
    return {
        "predictor": predictor,
        "title": title,
        "attributes": [
            {
                "attribute": attribute,
                "title": attribute_title(attribute),
                "groups": [_group(each, group) for group in group_order(each.grouping.names)],
            }
            for attribute, each in zip(attributes, records, strict=True)
        ],
    }


def _group(records: GroupRecords, group: str) -> dict[str, Any]:
    return {
        "group": group,
        "auc": records.draws.interval(group, "auc", records.auc[group]),
        "auc_difference": records.auc_difference(group),
        "lists": {
            name: {
                "fnr": records.rate(group, name, "fnr"),
                "precision": records.rate(group, name, "precision"),
                "fnr_difference": records.difference(group, name, "fnr"),
            }
            for name in records.figures
        },
    }
