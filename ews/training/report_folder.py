"""The reports of one run: the figures as JSON, and pages drawn from them, again whenever a banner changes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ews.config import Config
from ews.digests import canonical_json, file_digest
from ews.equity.public_edition import public_edition
from ews.errors import UsageError
from ews.private_files import write_private
from ews.reports.evaluation import render_evaluation
from ews.reports.fairness import render_fairness
from ews.reports.fairness_public import render_fairness_public
from ews.reports.model_card import render_model_card

EVALUATION = "evaluation.json"
FAIRNESS = "fairness.json"
CARD = "model_card.json"
LATEST = "LATEST"


def report_folder(workspace: Path, run_name: str) -> Path:
    """Return where a run's reports are."""
    return workspace / "reports" / run_name


def write_figures(
    folder: Path, evaluation: Mapping[str, Any], fairness: Mapping[str, Any], card: Mapping[str, Any]
) -> None:
    """Write the figures of a run as JSON."""
    for name, content in ((EVALUATION, evaluation), (FAIRNESS, fairness), (CARD, card)):
        write_private(folder / name, canonical_json(content))


def read_figures(folder: Path, name: str) -> dict[str, Any]:
    """Return one JSON file of a run."""
    figures: dict[str, Any] = json.loads((folder / name).read_bytes())
    return figures


def read_fairness(config: Config, run: str | None = None) -> dict[str, Any]:
    """Return ``fairness.json`` of a run, by default the newest, or of an audit as served.

    Parameters
    ----------
    run : str, optional
        The name of a folder under ``reports/``.

    Raises
    ------
    UsageError
        If there is no such report.
    """
    reports = config.workspace_dir / "reports"
    latest = reports / LATEST
    name = run or (latest.read_text(encoding="utf-8").strip() if latest.is_file() else "")
    if name and (reports / name / FAIRNESS).is_file():
        return read_figures(reports / name, FAIRNESS)
    there = sorted(path.parent.name for path in reports.glob(f"*/{FAIRNESS}"))
    raise UsageError(
        f"there is no fairness report of {name or 'any run'}",
        expected=f"one of {', '.join(there)}" if there else "a run that `ews train` ended",
        where=str(reports),
        next_step="give the name of one of them" if there else "run `ews train`",
    )


def draw_pages(folder: Path, banners: Sequence[str], version: str | None = None) -> None:
    """Draw the pages of a run from its figures: three for those who decide, one for everybody.

    Parameters
    ----------
    banners : sequence of str
        Sentences that must be seen first: sign-offs, overrides.
    version : str or None
        The registered version, once there is one.
    """
    evaluation = read_figures(folder, EVALUATION)
    fairness = read_figures(folder, FAIRNESS)
    card = {**read_figures(folder, CARD), "version": version, "sign_offs": list(banners)}
    fairness["notes"] = [*fairness.get("notes", []), *card.get("history", [])]
    provenance = {
        "Run": str(evaluation["run"]),
        "Registered version": version or "not registered",
        "Trained by": str(card["trained_by"]),
        "Seed of the training": str(card.get("seed", "not recorded")),
        **{f"SHA-256 of the {name}": str(digest) for name, digest in card["digests"].items()},
        "SHA-256 of this audit": file_digest(folder / FAIRNESS),
    }
    pages = {
        "evaluation.html": render_evaluation(evaluation, banners),
        "fairness.html": render_fairness(fairness, evaluation, banners, provenance),
        "fairness_public.html": render_fairness_public(
            public_edition(fairness, fairness["min_cell"]), banners
        ),
        "model_card.html": render_model_card(card, banners, evaluation, fairness),
    }
    for name, page in pages.items():
        write_private(folder / name, page.encode())


def point_to_latest(workspace: Path, run_name: str) -> None:
    """Name the newest run in ``reports/LATEST``."""
    write_private(workspace / "reports" / LATEST, f"{run_name}\n".encode())
