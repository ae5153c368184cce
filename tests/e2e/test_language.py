"""A rater at work in Simplified Chinese."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from annotator.models import Rating, Study
from tests.e2e.conftest import DESKTOP, PHONE, READY, press
from tests.e2e.test_accessibility import assert_accessible

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_a_rater_reads_and_rates_in_chinese(
    browser: Browser, address: str, study: Study, size: Any
) -> None:
    Study.objects.update(
        labels=["很差", "较差", "一般", "较好", "很好"], question="“{word}”画对了吗？"
    )
    page = browser.new_page(viewport=size, locale="zh-CN")
    page.goto(address)
    page.get_by_role("button", name="同意参与").click()
    page.get_by_role("button", name="开始评分").click()
    page.wait_for_selector(READY)
    expect(page.get_by_role("radio", name="4 较好")).to_be_visible()
    assert_accessible(page)
    extent = "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
    assert page.evaluate(extent) == [size["width"], size["height"]]
    press(page, "4")
    expect(page.get_by_role("status")).to_contain_text("已保存")
    assert Rating.objects.values_list("score", "language").get() == (4, "zh-hans")
    page.close()


def test_the_language_can_be_changed_in_the_middle_without_javascript(
    browser: Browser, address: str
) -> None:
    page = browser.new_context(locale="en-GB", java_script_enabled=False).new_page()
    page.goto(address)
    page.get_by_role("button", name="简体中文").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("您愿意参与吗？")
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Would you like to take part?")
    page.context.close()
