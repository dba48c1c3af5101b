"""The paper that figures are drawn on: matplotlib in, inline SVG out; the only module that imports it.

The bytes of a figure depend on what is drawn alone: no date, no random names, no font of the machine in
the file. Text stays text, so that it can be read aloud, searched and copied.
"""

from __future__ import annotations

import hashlib
import io
import logging
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from markupsafe import Markup, escape

if TYPE_CHECKING:
    from matplotlib.axes import Axes as Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure as Figure

P = ParamSpec("P")
T = TypeVar("T")

INK, SOFT, LINE, ACCENT, BAR = "#1c2126", "#565e66", "#c9ced3", "#1d4f7c", "#aab4be"

_SETTINGS = {
    "svg.fonttype": "none",
    "text.parse_math": False,  # a group called "$x$" is a name, not a formula
    "font.family": ["DejaVu Sans"],
    "font.size": 9.5,
    "text.color": INK,
    "axes.edgecolor": SOFT,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "grid.color": LINE,
    "grid.linewidth": 0.6,
    "hatch.linewidth": 0.6,
    "legend.frameon": False,
}
_FONTS = "'Segoe UI', -apple-system, 'Helvetica Neue', Arial, 'Liberation Sans', sans-serif"


def drawn(draw: Callable[P, T]) -> Callable[P, T]:
    """Let a function draw under this module's settings, whatever ``matplotlibrc`` the machine has."""

    @wraps(draw)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> T:
        # Where it keeps its font cache is of no concern to a district.
        logging.getLogger("matplotlib").setLevel(logging.ERROR)
        import matplotlib as mpl

        # The backend is a property of the process, not of a drawing.
        settings: Any = {
            key: value for key, value in mpl.rcParamsDefault.items() if not key.startswith("backend")
        }
        with warnings.catch_warnings():
            # A group's name in a script the measuring font lacks is still shown in the reader's own font.
            warnings.filterwarnings("ignore", message="Glyph .* missing from font")
            # The library's own defaults, set again, make it warn of itself.
            warnings.filterwarnings("ignore", category=mpl.MatplotlibDeprecationWarning)
            # shap's, which uses what will be deprecated one day.
            warnings.filterwarnings("ignore", category=PendingDeprecationWarning)
            with mpl.rc_context(settings | _SETTINGS):
                return draw(*args, **kwargs)

    return wrapped


def new_figure(width: float, height: float, columns: int = 1) -> tuple[Figure, list[Axes]]:
    """Return a figure of so many inches and its panels from left to right.

    Drawn on a bare ``Figure``, without pyplot: nothing global, no display, no backend to choose.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, list(figure.subplots(1, columns, squeeze=False)[0])


@contextmanager
def managed_figure(
    width: float, height: float, columns: int = 1, lines: int = 1
) -> Iterator[tuple[Figure, list[Axes]]]:
    """Yield a figure that pyplot knows while the block lasts, for libraries that draw through pyplot.

    Its canvas is a picture in memory whatever backend the process has; that backend is left alone.
    """
    import matplotlib.pyplot as plt
    from matplotlib.backend_bases import FigureManagerBase
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    number = max([0, *plt.get_fignums()]) + 1
    FigureManagerBase(FigureCanvasAgg(figure), number)
    plt.figure(figure)
    try:
        yield figure, list(figure.subplots(lines, columns, squeeze=False).flat)
    finally:
        plt.close(figure)


def to_png(figure: Figure) -> bytes:
    """Return a figure as a PNG; the same figure gives the same bytes."""
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=110, facecolor="white", metadata={"Software": None})
    return stream.getvalue()


def to_svg(figure: Figure, name: str, title: str, description: str) -> Markup:
    """Return a figure as inline SVG with a title and a description for screen readers.

    Parameters
    ----------
    figure : Figure
        From :func:`new_figure`.
    name : str
        Unique on its page: every id in the figure begins with it (hashed, so any text will do).
    title, description : str
        What the figure shows, in words.
    """
    import matplotlib as mpl

    stream = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": name}):
        figure.savefig(stream, format="svg", transparent=True)
    return Markup(_inline(stream.getvalue(), _prefix(name), title, description))  # noqa: S704 - escaped there


def write_beside(axes: Axes, x: float, y: float, text: str) -> None:
    """Write a small text just to the right of a point."""
    axes.annotate(text, (x, y), xytext=(5, 0), textcoords="offset points", va="center", fontsize=8.5)


def percent_axis(axis: Axis) -> None:
    """Label an axis of shares in percent."""
    from matplotlib.ticker import PercentFormatter

    axis.set_major_formatter(PercentFormatter(1, decimals=0))


def _prefix(name: str) -> str:
    return f"f{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _inline(svg: str, prefix: str, title: str, description: str) -> str:
    svg = svg[svg.index("<svg") :]
    # The metadata hold the date and the version of the library.
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<!--.*?-->|<style.*?</style>", "", svg, flags=re.DOTALL)
    # One page holds many figures, and an id may occur only once on a page.
    svg = re.sub(r'\bid="', f'id="{prefix}-', svg)
    svg = re.sub(r"url\(#", f"url(#{prefix}-", svg)
    svg = re.sub(r'xlink:href="#', f'href="#{prefix}-', svg)
    svg = re.sub(r"'DejaVu Sans'(, [a-z-]+)*", _FONTS, svg)
    width, height = re.findall(r'\b(?:width|height)="([\d.]+)pt"', svg)[:2]
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'style="width: {float(width) / 11.5:.1f}rem" role="img" aria-label="{escape(title)}" '
        f'aria-describedby="{prefix}-desc"><title>{escape(title)}</title>'
        f'<desc id="{prefix}-desc">{escape(description)}</desc>'
    )
    return head + re.sub(r"^<svg[^>]*>", "", svg).strip()
