"""What is read from a file of prompts, and what is refused, row by row."""

from __future__ import annotations

import json

import pytest

from annotator.domain.material.prompt_files import Contents, read_prompts
from annotator.domain.material.prompt_rows import (
    MAX_PROMPT_CHARACTERS,
    MAX_SEED,
    RefusedRow,
    Row,
    derived_seed,
)
from annotator.errors import UploadRefused

STUDY_SEED = 7


def read(content: bytes | str, file_name: str = "prompts.csv") -> Contents:
    if isinstance(content, str):
        content = content.encode()
    return read_prompts(file_name=file_name, content=content, study_seed=STUDY_SEED)


def own_seed(text: str) -> int:
    return derived_seed(study_seed=STUDY_SEED, text=text)


def refusal(content: bytes | str, file_name: str = "prompts.csv") -> RefusedRow:
    """The only refused row of a file none of whose rows are good."""
    contents = read(content, file_name)
    assert contents.rows == ()
    (refused,) = contents.refused
    return refused


# -- formats -------------------------------------------------------------------------------------


def test_csv_with_every_column() -> None:
    contents = read("prompt,seed,external_id\na red circle,5,x1\nthe sun,0,\n")
    assert contents == Contents((Row(2, "a red circle", 5, "x1"), Row(3, "the sun", 0, "")), ())


def test_columns_may_come_in_any_order_and_spelling() -> None:
    assert read('Seed ,"PROMPT"\n3,a cat\n').rows == (Row(2, "a cat", 3),)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_spreadsheets_may_separate_with_commas_semicolons_or_tabs(separator: str) -> None:
    content = f'prompt{separator}seed\n"a, b; c\td"{separator}3\n'
    assert read(content).rows == (Row(2, "a, b; c\td", 3),)


def test_lines_are_counted_as_in_the_file_though_quotes_hold_line_breaks() -> None:
    contents = read('prompt,seed\r\n"two\r\nlines",1\r\n,2\r\nlast,3\r\n')
    assert contents.rows == (Row(2, "two\r\nlines", 1), Row(5, "last", 3))
    assert contents.refused == (RefusedRow(4, "", "The prompt is empty."),)


def test_doubled_quotes_stand_for_one() -> None:
    assert read('prompt\n"the ""Sun"""\n').rows[0].text == 'the "Sun"'


def test_json_lines() -> None:
    lines = [{"prompt": "a cat", "seed": 3, "external_id": 0}, {"prompt": "a dog", "seed": None}]
    contents = read("\n".join(map(json.dumps, lines)), "prompts.jsonl")
    assert contents.rows == (Row(1, "a cat", 3, "0"), Row(2, "a dog", own_seed("a dog")))


def test_plain_text_is_one_prompt_per_line() -> None:
    contents = read("prompt, with commas\n  a dog  \r\n", "prompts.txt")
    assert [(row.line, row.text) for row in contents.rows] == [
        (1, "prompt, with commas"),
        (2, "a dog"),
    ]


def test_plain_text_breaks_at_line_ends_only() -> None:
    assert [row.text for row in read("a\u2028b\nc", "p.txt").rows] == ["a\u2028b", "c"]


@pytest.mark.parametrize(
    ("content", "texts"),
    [
        ('{"prompt": "a cat"}', ["a cat"]),
        ('"prompt";seed\na cat;1', ["a cat"]),
        ("a prompt, and more\na cat", ["a prompt, and more", "a cat"]),
    ],
)
def test_a_name_that_says_nothing_leaves_the_format_to_the_content(
    content: str, texts: list[str]
) -> None:
    assert [row.text for row in read(content, "upload").rows] == texts


@pytest.mark.parametrize("name", ["p.csv", "p.jsonl", "p.txt"])
def test_a_byte_order_mark_changes_nothing(name: str) -> None:
    content = {"p.csv": "prompt\nä", "p.jsonl": '{"prompt": "ä"}', "p.txt": "ä"}[name].encode()
    assert read(b"\xef\xbb\xbf" + content, name) == read(content, name)
    assert read(content, name).rows[0].text == "ä"


def test_columns_that_are_not_used_are_named() -> None:
    contents = read("prompt,source,note\na cat,coco,x\n")
    assert contents.rows == (Row(2, "a cat", own_seed("a cat")),)
    assert contents.note == "Columns not used: source, note."


def test_ten_thousand_rows() -> None:
    contents = read("prompt,seed\n" + "".join(f"prompt {n},{n}\n" for n in range(10_000)))
    assert len(contents.rows) == 10_000
    assert contents.rows[-1] == Row(10_001, "prompt 9999", 9999)


# -- seeds ---------------------------------------------------------------------------------------


def test_a_prompt_without_a_seed_gets_the_same_one_every_time() -> None:
    # printf '7\0a cat' | sha256sum | head -c 8
    assert read("prompt\na cat").rows[0].seed == read("a cat", "p.txt").rows[0].seed == 0x1C0FAB3


def test_another_study_seed_or_text_gives_another_seed() -> None:
    seeds = {derived_seed(study_seed=n, text=text) for n in (1, 2) for text in ("a", "b")}
    assert len(seeds) == 4


@pytest.mark.parametrize("seed", ["-1", "1.0", "1e3", "0x10", "one", "٣", str(2**63), "9" * 400])
def test_seeds_that_are_no_seeds_are_refused(seed: str) -> None:
    assert "not a whole number from 0 to 2⁶³ − 1" in refusal(f"prompt,seed\na,{seed}\n").reason


def test_the_largest_seed_is_taken() -> None:
    assert read(f"prompt,seed\na,{MAX_SEED}\n").rows[0].seed == MAX_SEED


# -- refused rows --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "line", "reason"),
    [
        ("prompt,seed\n,1\n", 2, "The prompt is empty"),
        ("prompt\n\n'\n", 2, "The prompt is empty"),
        ("prompt\n \n\u00a0,\n", 2, "The prompt is empty"),
        ("prompt\na\x00b\n", 2, "control character"),
        ("prompt\na\x0cb\n", 2, "control character"),
        (b"prompt\ncaf\xe9\n", 2, "not UTF-8"),
        (f"prompt\n{'ab ' * MAX_PROMPT_CHARACTERS}\n", 2, "at most 2000"),
        (f"prompt\nfar {'x' * 201}\n", 2, "without a space"),
        ("prompt,seed\na cat, a dog,1\n", 2, "3 fields and the header names 2"),
        ('prompt\n"never closed\na\nb\n', 2, "quotation marks"),
        ('prompt\n"stray" mark\n', 2, "quotation marks"),
        (f"prompt,external_id\na,{'x' * 201}\n", 2, "external_id is longer"),
        ("prompt,external_id\na,\x01\n", 2, "external_id has characters"),
    ],
)
def test_bad_csv_rows_are_refused_with_line_and_reason(
    content: bytes | str, line: int, reason: str
) -> None:
    refused = read(content).refused[0]
    assert refused.line == line
    assert reason in refused.reason


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("nope", "not JSON"),
        ("[" * 100_000, "not JSON"),
        (f'{{"prompt": "a", "seed": {"9" * 5000}}}', "not JSON"),
        ('["a"]', "not an object"),
        ('"a"', "not an object"),
        ('{"text": "a"}', "no “prompt”"),
        ('{"prompt": 5}', "not a text"),
        ('{"prompt": null}', "not a text"),
        ('{"prompt": ""}', "empty"),
        ('{"prompt": "\\u0000"}', "control character"),
        ('{"prompt": "\\ud800"}', "not UTF-8"),
        ('{"prompt": "a", "seed": "5"}', "not a whole number"),
        ('{"prompt": "a", "seed": 5.0}', "not a whole number"),
        ('{"prompt": "a", "seed": true}', "not a whole number"),
        ('{"prompt": "a", "external_id": ["x"]}', "neither a text"),
    ],
)
def test_bad_json_lines_are_refused_with_line_and_reason(line: str, reason: str) -> None:
    contents = read('{"prompt": "good"}\n' + line, "p.jsonl")
    assert [row.text for row in contents.rows] == ["good"]
    (refused,) = contents.refused
    assert refused.line == 2
    assert reason in refused.reason


def test_a_row_that_is_not_utf8_is_refused_alone() -> None:
    contents = read(b"good\n\xff\xfe bad\nalso good\n", "p.txt")
    assert [row.line for row in contents.rows] == [1, 3]
    assert contents.refused[0].line == 2


def test_what_is_shown_of_a_refused_row_can_be_stored_anywhere() -> None:
    shown = refusal(b"prompt\ncaf\xe9\x00\n").prompt
    assert shown == "caf\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}"


def test_a_prompt_twice_with_the_same_seed_is_refused_the_second_time() -> None:
    contents = read("prompt,seed\na cat,1\na cat,2\n a cat ,01\n")
    assert [row.seed for row in contents.rows] == [1, 2]
    assert contents.refused[0].line == 4
    assert "on line 2" in contents.refused[0].reason


def test_a_prompt_twice_without_a_seed_is_refused_the_second_time() -> None:
    contents = read("a cat\na cat\n", "p.txt")
    assert [row.line for row in contents.rows] == [1]
    assert [row.line for row in contents.refused] == [2]


def test_empty_lines_at_the_end_are_nothing() -> None:
    for name, content in (("p.csv", "prompt\na\n\n\n"), ("p.txt", "a\n\n \n")):
        contents = read(content, name)
        assert len(contents.rows) == 1
        assert contents.refused == ()


def test_empty_lines_in_between_are_missing_prompts() -> None:
    assert [row.line for row in read("a\n\nb\n", "p.txt").refused] == [2]


# -- refused files -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b" \r\n\n", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        ("prompt\na".encode("utf-16"), "UTF-16"),
        (b"PK\x03\x04rest", "spreadsheet"),
        (b"a cat\na dog\n", "does not name the columns"),
        (b"text,seed\na,1\n", "does not name the columns"),
        (b"\nprompt\na\n", "does not name the columns"),
        (b'"prompt\na\n', "does not name the columns"),
        (b"prompt,prompt\na,b\n", "does not name the columns"),
        (b"prompt,seed,seed\na,1,2\n", "“seed” is there twice"),
    ],
)
def test_files_of_which_nothing_can_be_read_are_refused(content: bytes, reason: str) -> None:
    with pytest.raises(UploadRefused, match=reason):
        read(content)
