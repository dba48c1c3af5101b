"""A proposal as a commented ``district.yaml``."""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml

from ews.survey.proposal import Entry, Proposal, TableProposal, undecided

_WIDTH = 110
_REMARKS_AT = 36
_PLAIN = re.compile(r"[A-Za-z_./](?:[\w ./*()-]*[\w./*()])?", re.ASCII)
_NO_BREAKS = 1_000_000

_HEAD = """\
# A district's configuration for ews, proposed by `ews init --from` from the files in a folder.
#
# Nothing loads until every TODO has been decided: its comment says what is asked. Nothing was decided that
# the files do not say themselves: a code is mapped only where its text is the word it is mapped to; what it
# often means elsewhere stands beside it as a comment. Lines with "please confirm" are used as they stand.
#
# Next:  decide each TODO, then  ews check -c district.yaml     reads and checks the extracts, changes nothing
#                                ews ingest -c district.yaml    loads them into the store
#                                ews rates -c district.yaml     chronic absence by school and grade

"""


def proposed_yaml(proposal: Proposal, starter: str) -> str:
    """Return the text of a configuration: the proposed sources in the frame of the starter.

    ``starter`` is the configuration in which every key is explained; what cannot be seen in files
    (workspace, definition, audit, outreach) is taken from it as it stands.
    """
    frame = starter[starter.index("\nworkspace:") + 1 : starter.index("\nsources:") + 1]
    after = starter[starter.index("\n# checks:") + 1 :]
    zone = 'IANA name, for example America/Chicago; "before a day" means before its midnight'
    lines = [
        *_key(0, "district", undecided("the name on every list and report")),
        *_key(0, "timezone", undecided(zone)),
        "",
        frame + "\n".join(_sources(proposal)),
        "",
        _audited(after, proposal.sensitive),
    ]
    return _HEAD + "\n".join(lines)


def _sources(proposal: Proposal) -> Iterator[str]:
    yield "sources:"
    for table in proposal.tables.values():
        yield from _table(table)
    for name in proposal.unused:
        yield from _wrapped(2, f"{name}: no file here looks like it, and none is needed")
    if proposal.unplaced:
        yield ""
        yield "  # Files that are in no table:"
        for each in proposal.unplaced:
            yield from _wrapped(2, f"  {each.file}: {each.why}")


def _table(table: TableProposal) -> Iterator[str]:
    yield ""
    for sentence in [*table.to_mend, *table.notes]:
        yield from _wrapped(2, sentence)
    yield _with_remark(f"  {table.table}:", table.found or "no file was chosen")
    for key, entry in table.settings.items():
        if key != "codes":
            yield from _key(4, key, entry)
    if table.columns:
        yield "    columns:"
        for name, entry in table.columns.items():
            yield from _key(6, name, entry)
    if table.not_read:
        yield from _wrapped(4, f"not read: {', '.join(table.not_read)}")
    yield from _codes(table)


def _codes(table: TableProposal) -> Iterator[str]:
    if "codes" in table.settings:
        yield from _key(4, "codes", table.settings["codes"])
    if not table.codes:
        return
    yield "    codes:"
    for column, codes in table.codes.items():
        nested = not (table.table == "attendance" and column == "code")
        if nested:
            yield f"      {column}:"
        for code, entry in codes.items():
            yield from _key(8 if nested else 6, code, entry)


def _key(indent: int, key: str, entry: Entry) -> Iterator[str]:
    line = f"{' ' * indent}{_scalar(key)}: {_scalar(entry.value)}"
    if not entry.remark:
        yield line
        return
    whole = _with_remark(line, entry.remark)
    if len(whole) <= _WIDTH:
        yield whole
        return
    yield from _wrapped(indent, entry.remark)
    yield line


def _with_remark(line: str, remark: str) -> str:
    return f"{line:<{_REMARKS_AT - 1}} # {_one_line(remark)}"


def _wrapped(indent: int, text: str) -> Iterator[str]:
    """Yield a comment in lines that fit; nothing in it can end the comment early."""
    lead = f"{' ' * indent}#"
    line = lead
    for word in _one_line(text).split(" "):
        if len(line) + 1 + len(word) > _WIDTH and line != lead:
            yield line
            line = f"{lead}  "
        line = f"{line} {word}"
    yield line


def _one_line(text: str) -> str:
    """Return a comment's text without anything that ends a line: names of files and columns may hold it."""
    return "".join(char if char.isprintable() else "?" for char in text)


def _scalar(text: str) -> str:
    """Return text as a YAML scalar that every reader reads back as the same text."""
    if _PLAIN.fullmatch(text) and yaml.safe_load(text) == text:
        return text
    quoted: str = yaml.safe_dump(text, default_style='"', allow_unicode=True, width=_NO_BREAKS)
    return quoted.rstrip("\n")


def _audited(rest: str, sensitive: tuple[str, ...]) -> str:
    """Return the rest of the starter, auditing what the students file holds."""
    if not sensitive:
        return rest
    lines = rest.splitlines(keepends=True)
    at = next(number for number, line in enumerate(lines) if line.startswith("  sensitive: ["))
    lines[at] = _with_remark(f"  sensitive: [{', '.join(sensitive)}]", "columns of your students file") + "\n"
    return "".join(lines)
