"""XML interchange files: one row per repeated element, with the line it begins on."""

from __future__ import annotations

import hashlib
import stat
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from ews.extracts.delivered_bytes import FileFault
from ews.extracts.xml_elements import read_elements

SERVICES = """\
<?xml version="1.0" encoding="UTF-8"?>
<e:Interchange xmlns:e="http://ed-fi.org/5.2.0">
  <e:Association id="first">
    <e:Student><e:Identity><e:Id> 604822 </e:Id></e:Identity></e:Student>
    <e:Service><e:Type>Free</e:Type><e:Begin>2025-09-01</e:Begin></e:Service>
    <e:Service><e:Type>Reduced &amp; more</e:Type></e:Service>
  </e:Association>
  <Other><Student><Identity><Id>9</Id></Identity></Student></Other>
  <Association><Student><Identity><Id>604823</Id></Identity></Student>
    <Service><Begin>2025-10-01</Begin></Service><Nested><Service><Type>no</Type></Service></Nested>
  </Association>
  <Association/>
</e:Interchange>
"""
FIELDS = {
    "mark": "@id",
    "student": "Student/Identity/Id",
    "type": "Service/Type",
    "begin": "Service/Begin",
    "nowhere": "Service/End",
}


def rows(path: Path, folder: Path, element: str, fields: dict[str, str]) -> list[tuple[object, ...]]:
    """The rows as they were written, the line last."""
    copy = read_elements(path, folder, element, fields)
    return [tuple(row.values()) for row in pq.read_table(copy.path).to_pylist()]


def written(folder: Path, content: str | bytes) -> Path:
    path = folder / "interchange.xml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_each_element_is_a_row_and_repetitions_stay_side_by_side(tmp_path: Path) -> None:
    assert rows(written(tmp_path, SERVICES), tmp_path, "Association", FIELDS) == [
        ("first", "604822", "Free\nReduced & more", "2025-09-01\n", None, 3),
        (None, "604823", None, "2025-10-01", None, 9),
        (None, None, None, None, None, 12),
    ]


def test_what_repeats_further_down_is_apart_by_tabs_and_blanks_are_one(tmp_path: Path) -> None:
    content = "<a><b><c><d>1\n 1</d><d>2</d></c><c><d/></c><c><d>3</d></c></b></a>"
    assert rows(written(tmp_path, content), tmp_path, "b", {"d": "c/d"}) == [("1 1\t2\n\n3", 1)]


def test_an_attribute_further_in_is_read_too(tmp_path: Path) -> None:
    content = '<a><b><c x:ref="1" xmlns:x="u"/><c/><c ref="2"><d ref="3"/></c></b></a>'
    fields = {"c": "c/@ref", "d": "c/d/@ref"}
    assert rows(written(tmp_path, content), tmp_path, "b", fields) == [("1\n\n2", "\n\n3", 1)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1", "windows-1252"])
def test_the_encoding_is_the_one_that_the_file_declares(encoding: str, tmp_path: Path) -> None:
    content = f'<?xml version="1.0" encoding="{encoding}"?>\n<a><b><c>Zoë</c></b></a>'.encode(encoding)
    assert rows(written(tmp_path, content), tmp_path, "b", {"c": "c"}) == [("Zoë", 2)]


def test_text_that_comes_in_pieces_is_whole(tmp_path: Path) -> None:
    for padding in range(2**18 - 30, 2**18 + 5, 7):
        content = f"<a><!--{'x' * padding}--><b><c>one &lt;two&gt; <![CDATA[& three]]></c></b></a>"
        found = rows(written(tmp_path, content), tmp_path, "b", {"c": "c"})
        assert found == [("one <two> & three", 1)]


def test_a_file_without_such_elements_has_no_rows(tmp_path: Path) -> None:
    found = read_elements(written(tmp_path, SERVICES), tmp_path, "Student", FIELDS)
    assert pq.read_table(found.path).num_rows == 0
    assert found.header == (*FIELDS, "_line")


def test_records_count_everything_under_the_root_and_the_digest_is_the_files(tmp_path: Path) -> None:
    path = written(tmp_path, SERVICES)
    found = read_elements(path, tmp_path, "Association", FIELDS, digest=True)
    assert found.records == 4
    assert found.digest == hashlib.sha256(path.read_bytes()).hexdigest()
    assert stat.S_IMODE(found.path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("content", "sentence", "line"),
    [
        ("", "the file is empty", None),
        ("<a>\n<b>CANARY</c></a>", "the XML is malformed: mismatched tag", 2),
        ("<a>\n<b>CANARY\n", "the XML was cut short", 3),
        ("<a>\n<b>CANARY</b", "the XML was cut short", 2),
        ("<a/>\n<b/>", "the XML is malformed: junk after document element", 2),
        ("<a>&CANARY;</a>", "the XML is malformed: undefined entity", 1),
        ("<a>CANARY\0</a>", "the XML is malformed: not well-formed (invalid token)", 1),
        (b"<a>CANARY \xeb</a>", "the XML is malformed: not well-formed (invalid token)", 1),
        ("student_id,CANARY\n", "the XML is malformed: syntax error", 1),
        ('<!DOCTYPE a SYSTEM "CANARY"><a/>', "the XML brings a document type of its own", None),
        ('<!DOCTYPE a [<!ENTITY b "bb">]><a>&b;</a>', "the XML brings a document type of its own", None),
    ],
)
def test_xml_that_is_not_whole_is_refused_with_its_line_and_without_its_content(
    content: str | bytes, sentence: str, line: int | None, tmp_path: Path
) -> None:
    with pytest.raises(FileFault) as fault:
        read_elements(written(tmp_path, content), tmp_path, "b", {"c": "c"})
    assert fault.value.sentence.startswith(sentence)
    assert fault.value.line == line
    assert "CANARY" not in f"{fault.value.sentence} {fault.value.expected} {fault.value.next_step}"
    assert [each.name for each in tmp_path.iterdir()] == ["interchange.xml"]


def test_namespaces_are_names_only_and_nothing_is_fetched(tmp_path: Path) -> None:
    content = '<a xmlns="http://nowhere.invalid/x.xsd"><b><c>1</c></b></a>'
    assert rows(written(tmp_path, content), tmp_path, "b", {"c": "c"}) == [("1", 1)]


def test_many_elements_are_written_in_batches(tmp_path: Path) -> None:
    content = "<a>" + "".join(f"<b><c>{number}</c></b>\n" for number in range(60_000)) + "</a>"
    found = rows(written(tmp_path, content), tmp_path, "b", {"c": "c"})
    assert len(found) == 60_000
    assert found[-1] == ("59999", 60_000)
