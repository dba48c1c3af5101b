"""Reading a page as a browser and a screen reader would, and what every page must keep to."""

from __future__ import annotations

import re
from collections import Counter
from html.parser import HTMLParser

_BLOCKS = {
    "p",
    "h1",
    "h2",
    "h3",
    "li",
    "dt",
    "dd",
    "td",
    "th",
    "figcaption",
    "caption",
    "svg",
    "desc",
    "text",
}
_VOID = {"meta", "br", "col", "img", "link", "input", "hr"}


class Page(HTMLParser):
    """Tags with their attributes, the text, and the cells of every table row."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.rows: list[list[str]] = []
        self._cell = False
        self._open: list[str] = []
        self.feed(str(html))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in _VOID:
            self._open.append(tag)
        if tag in _BLOCKS:
            self.text += " "
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
            self._cell = True

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag, f"</{tag}> closes something else"
        if tag in ("td", "th"):
            self.rows[-1][-1] = " ".join(self.rows[-1][-1].split())
            self._cell = False

    def handle_data(self, data: str) -> None:
        if "style" in self._open:
            return
        self.text += data
        if self._cell:
            self.rows[-1][-1] += data

    def found(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]

    @property
    def words(self) -> str:
        return " ".join(self.text.split())


def check_page(html: str) -> Page:
    """Assert what holds for every page, list or report, and return it for more questions."""
    page = Page(html)
    assert page.found("html") == [{"lang": "en"}]
    assert len(page.found("h1")) == 1
    assert page.found("title")
    policy = next(each["content"] for each in page.found("meta") if "http-equiv" in each)
    assert policy == "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    _nothing_runs(page)
    _nothing_is_fetched(html, page)
    assert all(each.get("scope") in ("col", "row", "rowgroup") for each in page.found("th"))
    for drawing in page.found("svg"):
        assert drawing["role"] == "img"
        assert drawing["aria-label"]
    ids = Counter(each["id"] for _, each in page.tags if each.get("id"))
    assert not [name for name, times in ids.items() if times > 1], "an id occurs twice"
    assert not re.search(r"(/home/|/root/|/tmp/|/work/|[A-Z]:\\)", html), "a path of this machine"
    return page


def _nothing_runs(page: Page) -> None:
    names = {tag for tag, _ in page.tags}
    assert not names & {"script", "iframe", "object", "embed", "form", "link", "base"}
    for _, attributes in page.tags:
        assert not [name for name in attributes if name.startswith("on")]


def _nothing_is_fetched(html: str, page: Page) -> None:
    for _, attributes in page.tags:
        for name in ("src", "href", "xlink:href"):
            target = attributes.get(name) or ""
            # A picture is part of the page itself.
            own = r"|#[\w-]+|([\w-]+/){0,2}[\w-]+\.(html|xlsx|csv)|data:image/png;base64,[A-Za-z0-9+/]+=*"
            assert re.fullmatch(own, target), target[:80]
        for name, value in attributes.items():
            assert name == "xmlns" or "://" not in (value or "")
    assert not re.search(r"@import|url\((?!#)", html)
