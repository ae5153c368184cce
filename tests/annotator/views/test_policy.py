"""What every page of the site keeps, whatever it shows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client, RequestFactory
from django.views.defaults import server_error

TEMPLATES = sorted((Path(settings.BASE_DIR) / "templates").rglob("*.html"))


@pytest.mark.parametrize("path", ["/", "/login/", "/nothing/"])
def test_pages_run_and_style_nothing_but_our_files(path: str, db: None) -> None:
    policy = Client().get(path).headers["Content-Security-Policy"]

    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_templates_hold_no_script_style_or_handler_of_their_own(template: Path) -> None:
    """The policy would switch them off without a word."""
    text = template.read_text()

    assert re.findall(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)|javascript:", text) == []


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_forms_that_send_carry_the_mark_against_forgery(template: Path) -> None:
    forms = re.findall(r'<form[^>]*method="post".*?</form>', template.read_text(), re.DOTALL)
    # Handed to a panel: our mark is none of its business.
    ours = [form for form in forms if 'action="{{ completion.address }}"' not in form]

    assert [form for form in ours if "{% csrf_token %}" not in form] == []
    assert [form for form in forms if form not in ours and "{% csrf_token %}" in form] == []


def test_a_page_that_is_not_there_says_what_to_do(db: None) -> None:
    response = Client().get("/nothing/")

    assert response.status_code == 404
    assert "ask for a new one" in response.content.decode()


def test_a_forged_form_is_told_how_to_send_it_again(db: None) -> None:
    response = Client(enforce_csrf_checks=True).post("/login/", {"username": "alice"})

    assert response.status_code == 403
    assert "Please send it again" in response.content.decode()


def test_a_failure_has_a_page_that_needs_no_other_file() -> None:
    """Nor a database: both may be what failed."""
    response = server_error(RequestFactory().get("/"))

    assert response.status_code == 500
    assert "Nothing that was saved is lost" in response.content.decode()
