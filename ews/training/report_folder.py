"""The reports of one run: the figures as JSON, and pages drawn from them, again whenever a banner changes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from ews.config import Config
from ews.digests import canonical_json, file_digest
from ews.equity.public_edition import public_edition
from ews.errors import UsageError
from ews.model import booster
from ews.private_files import write_private
from ews.reports.evaluation import render_evaluation
from ews.reports.fairness import render_fairness
from ews.reports.fairness_public import render_fairness_public
from ews.reports.model_card import render_model_card
from ews.reports.shap_plots import PLOTS, drawn_rows, shap_plots
from ews.reports.summary import render_summary

EVALUATION = "evaluation.json"
FAIRNESS = "fairness.json"
CARD = "model_card.json"
LATEST = "LATEST"
_PICTURE = re.compile(r'<img [^>]*src="data:image/png;base64,[^>]*>')
_NO_PICTURE = "<p>A purge has removed this plot: it showed sampled students as dots.</p>"
_KINDS = {EVALUATION: "evaluation", FAIRNESS: "fairness"}


def report_folder(workspace: Path, run_name: str) -> Path:
    """Return where a run's reports are."""
    return workspace / "reports" / run_name


def write_figures(
    folder: Path, evaluation: Mapping[str, Any], fairness: Mapping[str, Any], card: Mapping[str, Any]
) -> None:
    """Write the figures of a run as JSON."""
    for name, content in ((EVALUATION, evaluation), (FAIRNESS, fairness), (CARD, card)):
        write_private(folder / name, canonical_json(content))


def write_plots(folder: Path, model_text: str, features: pd.DataFrame, seed: int) -> None:
    """Draw shap's plots of a sample of the test year's rows, as pictures beside the reports."""
    rows = drawn_rows(features, seed)
    for name, picture in shap_plots(rows, booster.contributions(model_text, rows)).items():
        write_private(folder / name, picture)


def forget_plots(workspace: Path) -> int:
    """Remove the plots that show sampled students as dots, from every run's reports; say from how many.

    They name nobody, and the figures beside them stay.
    """
    forgotten = 0
    for folder in sorted((workspace / "reports").glob("*/")):
        page = folder / "evaluation.html"
        pictures = [folder / name for name in PLOTS if (folder / name).is_file()]
        text = page.read_text(encoding="utf-8") if page.is_file() else ""
        without = _PICTURE.sub(_NO_PICTURE, text)
        if without != text:
            write_private(page, without.encode())
        for picture in pictures:
            picture.unlink()
        forgotten += bool(pictures) or without != text
    return forgotten


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
    return _read_report(config, run, FAIRNESS)


def read_evaluation(config: Config, run: str | None = None) -> dict[str, Any]:
    """Return ``evaluation.json`` of a run, by default the newest.

    Parameters
    ----------
    run : str, optional
        The name of a folder under ``reports/``.

    Raises
    ------
    UsageError
        If there is no such report.
    """
    return _read_report(config, run, EVALUATION)


def _read_report(config: Config, run: str | None, file: str) -> dict[str, Any]:
    reports = config.workspace_dir / "reports"
    latest = reports / LATEST
    name = run or (latest.read_text(encoding="utf-8").strip() if latest.is_file() else "")
    if name and (reports / name / file).is_file():
        return read_figures(reports / name, file)
    there = sorted(path.parent.name for path in reports.glob(f"*/{file}"))
    raise UsageError(
        f"there is no {_KINDS[file]} report of {name or 'any run'}",
        expected=f"one of {', '.join(there)}" if there else "a run that `ews train` ended",
        where=str(reports),
        next_step="give the name of one of them" if there else "run `ews train`",
    )


def draw_pages(folder: Path, banners: Sequence[str], version: str | None = None) -> None:
    """Draw the pages of a run from its figures: four for those who decide, one for everybody.

    shap's plots are shown where a run has left them; older runs have none.

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
    plots = {name: (folder / name).read_bytes() for name in PLOTS if (folder / name).is_file()}
    pages = {
        "summary.html": render_summary(evaluation, fairness, banners),
        "evaluation.html": render_evaluation(evaluation, banners, plots),
        "fairness.html": render_fairness(fairness, evaluation, banners, provenance),
        "fairness_public.html": render_fairness_public(
            public_edition(fairness, fairness["min_cell"]), banners, evaluation.get("label")
        ),
        "model_card.html": render_model_card(card, banners, evaluation, fairness),
    }
    for name, page in pages.items():
        write_private(folder / name, page.encode())


def point_to_latest(workspace: Path, run_name: str) -> None:
    """Name the newest run in ``reports/LATEST``."""
    write_private(workspace / "reports" / LATEST, f"{run_name}\n".encode())
