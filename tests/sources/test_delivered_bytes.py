"""Text as systems really write it: every encoding that is declared is read, every damage is named."""

from __future__ import annotations

import gzip
import hashlib
import stat
import time
from pathlib import Path

import pytest

from ews.errors import UsageError
from ews.extracts.delivered_bytes import FileFault, inspect_text
from tests.sources.delivery import CANARY, CSV, ROWS, configured, delivered, lines_of, read

UMLAUTS = CSV.replace(f"{CANARY}-2", f"{CANARY}-Zoë")


@pytest.mark.parametrize(
    ("content", "declared"),
    [
        (CSV.encode(), {}),
        (b"\xef\xbb\xbf" + CSV.encode(), {}),
        (CSV.replace("\n", "\r\n").encode(), {}),
        (CSV.encode("latin-1"), {"encoding": "latin-1"}),
        (CSV.encode("cp1252"), {"encoding": "windows-1252"}),
        (CSV.encode("utf-16"), {"encoding": "utf-16"}),
        (b"\xfe\xff" + CSV.encode("utf-16-be"), {"encoding": "UTF-16"}),
        (CSV.encode("utf-16-le"), {"encoding": "utf-16-le"}),
        (b"\xff\xfe" + CSV.encode("utf-16-le"), {"encoding": "utf-16-le"}),
        (CSV.rstrip("\n").encode(), {"final_newline": "optional"}),
        (CSV.replace(",", ";").encode(), {"delimiter": ";"}),
    ],
)
def test_text_is_read_as_it_was_declared(content: bytes, declared: dict[str, str], tmp_path: Path) -> None:
    done = delivered(tmp_path, content, **declared)
    assert done.findings == []
    assert done.rows == ROWS


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "cp1252", "utf-16"])
def test_letters_beyond_ascii_survive_every_encoding(encoding: str, tmp_path: Path) -> None:
    done = delivered(tmp_path, UMLAUTS.encode(encoding), encoding=encoding)
    assert done.rows[1][0] == f"{CANARY}-Zoë"


@pytest.mark.parametrize("name", ["attendance.tsv", "attendance.TAB", "attendance.tsv.gz"])
def test_a_name_that_says_tabs_needs_no_delimiter(name: str, tmp_path: Path) -> None:
    content = CSV.replace(",", "\t").encode()
    done = delivered(tmp_path, gzip.compress(content, mtime=0) if name.endswith("gz") else content, name)
    assert done.rows == ROWS


@pytest.mark.parametrize(
    ("content", "name", "expected_check", "line"),
    [
        (b"", "attendance.csv", "empty file", ""),
        (gzip.compress(b"", mtime=0), "attendance.csv.gz", "empty file", ""),
        (b"\xef\xbb\xbf", "attendance.csv", "empty file", ""),
        (b"\n" + CSV.encode(), "attendance.csv", "empty file", ", line 1"),
        (CSV.replace("-2,", "-2\0,").encode(), "attendance.csv", "NUL bytes", ", line 3"),
        (UMLAUTS.encode("latin-1"), "attendance.csv", "wrong encoding", ", line 3"),
        (CSV.encode("utf-16"), "attendance.csv", "wrong encoding", ", line 1"),
        (CSV.encode("utf-16-le"), "attendance.csv", "NUL bytes", ", line 1"),
        (CSV.encode("utf-32"), "attendance.csv", "wrong encoding", ", line 1"),
        (CSV.rstrip("\n").encode(), "attendance.csv", "no final newline", ", line 4"),
        (CSV.replace("\n", "\r\n").rstrip("\n").encode(), "attendance.csv", "no final newline", ", line 4"),
        (CSV.encode() + "Zoë".encode()[:-1], "attendance.csv", "no final newline", ", line 5"),
        (gzip.compress(CSV.encode(), mtime=0)[:-1], "attendance.csv.gz", "cut compressed file", ""),
        (gzip.compress(CSV.encode(), mtime=0), "attendance.csv", "unreadable source", ""),
        (b"PK\x03\x04" + bytes(30), "attendance.csv", "unreadable source", ""),
        (b"PAR1" + bytes(30), "attendance.csv", "unreadable source", ""),
        (b"<?xml version='1.0'?><a/>\n", "attendance.xml", "unreadable source", ""),
        (CSV.replace(",", ";").encode(), "attendance.csv", "unreadable source", ", line 1"),
        (CSV.replace(",", "\t").encode(), "attendance.csv", "unreadable source", ", line 1"),
    ],
)
def test_a_damaged_file_is_refused_by_file_and_line(
    content: bytes, name: str, expected_check: str, line: str, tmp_path: Path
) -> None:
    refusal = delivered(tmp_path, content, name).only_refusal
    assert refusal.name == expected_check
    assert refusal.where == f"{name}{line}"
    assert refusal.next_step


def test_a_message_about_an_encoding_says_what_to_declare(tmp_path: Path) -> None:
    utf16 = delivered(tmp_path, CSV.encode("utf-16")).only_refusal
    assert utf16.next_step == "declare encoding: utf-16"
    latin = delivered(tmp_path, UMLAUTS.encode("latin-1")).only_refusal
    assert "latin-1 or cp1252" in latin.next_step
    marked = delivered(tmp_path, b"\xef\xbb\xbf" + CSV.encode(), encoding="latin-1").only_refusal
    assert marked.next_step == "leave `encoding` out"
    unmarked = delivered(tmp_path, CSV.encode("utf-16-be"), encoding="utf-16").only_refusal
    assert "utf-16-be" in unmarked.next_step


def test_a_byte_that_a_declared_encoding_does_not_have_is_refused_with_its_line(tmp_path: Path) -> None:
    refusal = delivered(tmp_path, UMLAUTS.encode("latin-1").replace(b"\xeb", b"\x81"), encoding="cp1252")
    assert refusal.only_refusal.name == "wrong encoding"
    assert refusal.only_refusal.where == "attendance.csv, line 3"


def test_a_last_line_without_an_end_is_read_only_where_that_is_declared(tmp_path: Path) -> None:
    cut_in_its_line_end = CSV.replace("\n", "\r\n")[:-1]
    done = delivered(tmp_path, cut_in_its_line_end, final_newline="optional")
    assert done.only_refusal.name == "no final newline"


def test_an_encoding_that_does_not_exist_is_a_mistake_in_the_configuration(tmp_path: Path) -> None:
    for encoding in ("utf-9", "base64"):
        with pytest.raises(UsageError, match="encoding") as error:
            delivered(tmp_path, CSV, encoding=encoding)
        assert error.value.where == "sources.attendance.encoding"


@pytest.mark.parametrize("flipped", [4, 11, 40, -6, -2])
def test_a_compressed_file_with_a_wrong_bit_is_refused(flipped: int, tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(CSV.encode() * 50, mtime=0))
    packed[flipped] ^= 1
    done = delivered(tmp_path, bytes(packed), "attendance.csv.gz")
    # Byte 4 is in the time of compression, of which nothing depends.
    assert (done.refusals == []) == (flipped == 4)


def test_compressed_files_in_several_parts_and_with_padding_are_whole(tmp_path: Path) -> None:
    half = len(CSV) // 2
    parts = (
        gzip.compress(CSV[:half].encode(), mtime=0) + gzip.compress(CSV[half:].encode(), mtime=0) + bytes(512)
    )
    assert delivered(tmp_path, parts, "attendance.csv.gz").rows == ROWS


def test_bytes_after_a_compressed_file_are_refused(tmp_path: Path) -> None:
    packed = gzip.compress(CSV.encode(), mtime=0) + b"and more"
    assert delivered(tmp_path, packed, "attendance.csv.gz").only_refusal.name == "cut compressed file"


def test_copies_are_readable_by_their_owner_only(tmp_path: Path) -> None:
    for content, encoding, suffix in (
        (CSV.encode("utf-16"), "utf-16", ".csv"),
        (gzip.compress(CSV.encode(), mtime=0), "utf-8", ".csv.gz"),
    ):
        scratch = tmp_path / suffix
        scratch.mkdir()
        file = tmp_path / f"attendance{suffix}"
        file.write_bytes(content)
        copy = inspect_text(file, scratch, encoding=encoding).path
        assert copy.parent == scratch
        assert copy.read_text(encoding="utf-8") == CSV
        assert stat.S_IMODE(copy.stat().st_mode) == 0o600


def test_utf8_is_read_where_it_lies_and_its_digest_is_that_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "attendance.csv"
    file.write_text(CSV, encoding="utf-8")
    found = inspect_text(file, tmp_path, digest=True)
    assert found.path == file
    assert found.digest == hashlib.sha256(CSV.encode()).hexdigest()
    packed = tmp_path / "attendance.csv.gz"
    packed.write_bytes(gzip.compress(CSV.encode(), mtime=0))
    assert (
        inspect_text(packed, tmp_path, digest=True).digest == hashlib.sha256(packed.read_bytes()).hexdigest()
    )


def test_a_fault_far_into_a_large_file_is_named_by_its_line(tmp_path: Path) -> None:
    rows = [f"{number},s1,2025-09-09,Zoë" for number in range(40_000)]
    file = tmp_path / "attendance.csv"
    for spoiled in (1, 20_000, 39_999):
        for encoding, wrong in (("utf-8", b"\xff\xfe"), ("utf-16", b"\x00\xdc")):
            text = ["header", *rows]
            text[spoiled] = "@"
            mark = "@".encode(encoding.replace("16", "16-le"))
            file.write_bytes(("\n".join(text) + "\n").encode(encoding).replace(mark, wrong))
            with pytest.raises(FileFault) as fault:
                inspect_text(file, tmp_path, encoding=encoding)
            assert fault.value.line == spoiled + 1


def test_a_character_on_the_border_of_two_reads_is_whole(tmp_path: Path) -> None:
    file = tmp_path / "attendance.csv"
    for before in range(2**18 - 4, 2**18 + 1):
        file.write_bytes(b"a" * before + "ë€𝄞\n".encode())
        inspect_text(file, tmp_path)
        file.write_bytes(b"a" * before + "ë€𝄞\n".encode("utf-16-le") * 2)
        with pytest.raises(FileFault):
            inspect_text(file, tmp_path)


def test_lines_are_those_of_the_delivered_file(tmp_path: Path) -> None:
    content = CSV.replace('"s1",2025-09-11', '"s\n1",2025-09-11') + f"{CANARY}-4,s1,2025-09-12,A\n"
    (tmp_path / "attendance.csv").write_bytes(content.encode("utf-16"))
    lines = lines_of(configured(tmp_path, path="attendance.csv", encoding="utf-16"))
    assert lines == [("attendance.csv", line) for line in (2, 3, 4, 6)]


def test_a_file_that_may_not_be_read_is_refused_without_a_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "attendance.csv").write_text(CSV, encoding="utf-8")

    def denied(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", denied)
    refusal = read(configured(tmp_path, path="attendance.csv")).only_refusal
    assert refusal.name == "unreadable source"
    assert "permission denied" in refusal.sentence


@pytest.mark.slow
def test_half_a_gigabyte_is_inspected_in_well_under_a_second(tmp_path: Path) -> None:
    file = tmp_path / "attendance.csv"
    row = b"00000000,s1,2025-09-09,A,0.5\n"
    with file.open("wb") as out:
        for _ in range(500):
            out.write(row * (10**6 // len(row)))
    inspect_text(file, tmp_path)  # once, so that the file is in memory
    seconds = []
    for _ in range(3):
        before = time.perf_counter()
        inspect_text(file, tmp_path)
        seconds.append(time.perf_counter() - before)
    assert min(seconds) < 0.7
