"""What raters read is all there in Simplified Chinese."""

from __future__ import annotations

import ast
import gettext
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.template import Template, engines
from django.template.base import Node, NodeList
from django.templatetags.i18n import BlockTranslateNode, TranslateNode

CATALOGUE = Path(settings.LOCALE_PATHS[0]) / "zh_Hans/LC_MESSAGES/django.po"
TEMPLATES = [
    *(settings.BASE_DIR / "templates/rater").glob("*.html"),
    *(
        settings.BASE_DIR / "templates" / name
        for name in ("base.html", "404.html", "403_csrf.html")
    ),
]
MODULES = [
    settings.BASE_DIR / "annotator" / name
    for name in (
        "enums.py",
        "errors.py",
        "views/examples.py",
        "views/phases.py",
        "views/questions.py",
        "views/rater.py",
        "views/rater_data.py",
        "views/rater_pages.py",
        "views/rating_json.py",
    )
]


def in_template(nodes: NodeList) -> Iterator[str]:
    """The messages of a template, those of what it includes apart."""
    for node in nodes:
        if isinstance(node, TranslateNode):
            yield str(node.filter_expression.var.literal or node.filter_expression.var)
        elif isinstance(node, BlockTranslateNode):
            yield message_of(node)
        for inner in getattr(node, "child_nodelists", Node.child_nodelists):
            if isinstance(found := getattr(node, inner, None), NodeList):
                yield from in_template(found)
        for _, branch in getattr(node, "conditions_nodelists", ()):
            yield from in_template(branch)


def message_of(node: BlockTranslateNode) -> str:
    text, _ = node.render_token_list(node.singular)
    return " ".join(text.split()) if node.trimmed else text


def in_module(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
            first = node.args[0]
            if node.func.id in ("_", "gettext", "ngettext") and isinstance(first, ast.Constant):
                yield first.value


def messages(path: Path) -> set[str]:
    if path.suffix == ".py":
        return set(in_module(path.read_text()))
    template = engines["django"].from_string(path.read_text())
    assert isinstance(template.template, Template)  # type: ignore[attr-defined]
    return set(in_template(template.template.nodelist))  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def chinese() -> gettext.GNUTranslations:
    with CATALOGUE.with_suffix(".mo").open("rb") as file:
        return gettext.GNUTranslations(file)


@pytest.mark.parametrize("path", [*TEMPLATES, *MODULES], ids=lambda path: str(path.name))
def test_every_sentence_a_rater_can_read_is_translated(
    path: Path, chinese: gettext.GNUTranslations
) -> None:
    found = messages(path)
    plural = chinese.ngettext
    missing = {
        text for text in found if chinese.gettext(text) == text and plural(text, text, 1) == text
    }
    assert missing == set()


def test_the_sentences_are_found_at_all() -> None:
    everything = set().union(*(messages(path) for path in (*TEMPLATES, *MODULES)))
    assert {
        "Start rating",
        "noun",
        "Picture too poor to judge",
        "saved ✓",
        "Try again",
    } <= everything
    assert "Your answer to %(done)s picture is saved." in everything


def test_the_compiled_catalogue_is_the_one_that_is_read(tmp_path: Path) -> None:
    compiled = tmp_path / "django.mo"
    subprocess.run(["msgfmt", "--check-format", "-o", compiled, CATALOGUE], check=True)
    assert compiled.read_bytes() == CATALOGUE.with_suffix(".mo").read_bytes()


def test_no_translation_is_a_guess() -> None:
    assert "#, fuzzy" not in CATALOGUE.read_text()
