"""What people who cannot see a page, or hold a phone, or a sheet of paper, need it to be."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser
from itertools import pairwise

_VOID = {"meta", "br", "col", "img", "link", "input", "hr"}


class Structure(HTMLParser):
    """Every tag with the tags and classes it stands in, and the text that belongs to it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None], tuple[str, ...]]] = []
        self.headings: list[tuple[int, str]] = []
        self._open: list[tuple[str, str]] = []
        self.feed(str(html))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        inside = tuple(f"{name}.{classes}" for name, classes in self._open)
        self.tags.append((tag, dict(attrs), inside))
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append((int(tag[1]), ""))
        if tag not in _VOID:
            self._open.append((tag, dict(attrs).get("class") or ""))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs), tuple(f"{name}.{classes}" for name, classes in self._open)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        if self._open and re.fullmatch(r"h[1-6]", self._open[-1][0]):
            level, text = self.headings[-1]
            self.headings[-1] = level, text + data

    def directly_in(self, parent: str, child: str) -> list[int]:
        """For every ``parent``, how many ``child`` stand directly in it."""
        counts: list[int] = []
        for tag, _, inside in self.tags:
            if tag == parent:
                counts.append(0)
            if tag == child and inside and inside[-1].startswith(f"{parent}."):
                counts[-1] += 1
        return counts


def check_structure(html: str) -> Structure:
    """Assert headings, tables, figures, links, folds and scroll boxes; return the page for more."""
    page = Structure(html)
    for check in _CHECKS:
        check(page)
    return page


def _headings_are_in_order(page: Structure) -> None:
    levels = [level for level, _ in page.headings]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert all(text.strip() for _, text in page.headings)


def _tables_have_captions_and_headers(page: Structure) -> None:
    tables = [tag for tag, _, _ in page.tags if tag == "table"]
    assert page.directly_in("table", "caption") == [1] * len(tables)
    assert page.directly_in("table", "thead") == [1] * len(tables)
    for tag, attributes, inside in page.tags:
        if tag == "th":
            scopes = ("col",) if any(each.startswith("thead.") for each in inside) else ("row", "rowgroup")
            assert attributes.get("scope") in scopes


def _figures_are_described(page: Structure) -> None:
    drawings = [attributes for tag, attributes, _ in page.tags if tag == "svg"]
    ids = {attributes["id"] for tag, attributes, _ in page.tags if tag == "desc"}
    assert page.directly_in("svg", "title") == [1] * len(drawings)
    for each in drawings:
        assert each["role"] == "img"
        assert each["aria-describedby"] in ids
    figures = [tag for tag, _, _ in page.tags if tag == "figure"]
    assert page.directly_in("figure", "figcaption") == [1] * len(figures)


def _links_lead_somewhere(page: Structure) -> None:
    ids = {attributes.get("id") for _, attributes, _ in page.tags}
    for tag, attributes, _ in page.tags:
        target = attributes.get("href") or ""
        if tag == "a" and target.startswith("#"):
            assert target[1:] in ids
        for named in (attributes.get("aria-labelledby") or "").split():
            assert named in ids


def _wide_things_scroll_in_a_box(page: Structure) -> None:
    for tag, _, inside in page.tags:
        if tag in ("table", "svg"):
            assert "div.scroll" in inside, f"a {tag} would make a phone scroll sideways"


def _folds_say_what_they_hold(page: Structure) -> None:
    folds = [tag for tag, _, _ in page.tags if tag == "details"]
    assert page.directly_in("details", "summary") == [1] * len(folds)


_CHECKS: tuple[Callable[[Structure], None], ...] = (
    _headings_are_in_order,
    _tables_have_captions_and_headers,
    _figures_are_described,
    _links_lead_somewhere,
    _wide_things_scroll_in_a_box,
    _folds_say_what_they_hold,
)
