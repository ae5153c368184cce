"""A researcher's way, from an empty list to a link for raters; pages that keep up by themselves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from annotator.domain.elsewhere import files
from annotator.domain.material import generations, prompts
from annotator.enums import UploadStatus
from annotator.models import PromptUpload, Study
from tests import factories
from tests.e2e.conftest import DESKTOP, PHONE
from tests.e2e.test_accessibility import assert_accessible
from workers import language

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def test_a_study_comes_to_be(
    page: Page, live_server: LiveServer, alice: User, tmp_path: Path
) -> None:
    file = tmp_path / "spring.csv"
    file.write_text("prompt,seed\nA red circle above a blue square,7\n,8\nA small green circle,9\n")
    page.goto(live_server.url)
    page.get_by_role("main").get_by_role("link", name="Log in").click()
    page.get_by_label("Username").fill("alice")
    page.get_by_label("Password").fill("a-long-password-1")
    page.get_by_role("button", name="Log in").click()

    page.get_by_role("link", name="Set up the first study").click()
    page.get_by_label("Name").fill("Circles")
    page.get_by_role("button", name="Create the study").click()
    page.get_by_role("link", name="Upload prompts").click()
    page.get_by_label("File of prompts").set_input_files(file)
    page.get_by_role("button", name="Read the file").click()
    language.inspect_upload(PromptUpload.objects.get().pk)
    expect(page.get_by_text("2 prompts ready, 1 row refused.")).to_be_visible()
    expect(page.get_by_text("The prompt is empty.")).to_be_visible()

    page.get_by_role("button", name="Import 2 prompts").click()
    expect(page.get_by_text("Importing:")).to_be_visible()
    language.import_upload(PromptUpload.objects.get().pk)
    expect(page.get_by_text("Pictures are being made;")).to_be_visible()

    study = Study.objects.get()
    for prompt in study.prompts.all():
        factories.make_generation(prompt)
    page.get_by_role("button", name="Open the study").click()
    page.get_by_role("link", name="Invite raters").click()
    page.get_by_label("Note for yourself").fill("spring course")
    page.get_by_role("button", name="Make a link").click()

    link = f"{live_server.url}/r/{study.invitations.get().token}/"
    expect(page.get_by_text(link)).to_be_visible()


def test_a_link_is_copied(
    page: Page, live_server: LiveServer, log_in: Callable[..., None], alice: User
) -> None:
    study = factories.make_open_study(alice, prompts=1)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    log_in(page.context)
    page.goto(live_server.url + reverse("raters", args=[study.pk]))

    page.get_by_role("button", name="Copy").click()

    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == f"{live_server.url}/r/{study.invitations.get().token}/"


def test_progress_keeps_the_focus_and_open_folds(
    page: Page, live_server: LiveServer, log_in: Callable[..., None], alice: User
) -> None:
    study = factories.make_study(alice)
    rows = [factories.make_prompt(study, seed=seed) for seed in range(3)]
    generations.request_generations(study=study, prompts=rows)
    (failing,) = generations.claim(keys=[rows[0].generations.get().pk])
    generations.fail(generation=failing, reason="No such model.")
    log_in(page.context)
    page.goto(live_server.url + reverse("study", args=[study.pk]))
    page.get_by_text("Pictures that failed, and why").click()  # it was open: now it is closed
    page.get_by_text("Pictures that failed, and why").focus()

    factories.make_generation(rows[1])

    expect(page.get_by_text("1 / 3 made")).to_be_visible()
    expect(page.get_by_text("No such model.")).to_be_hidden()
    assert page.evaluate("document.activeElement.textContent") == "Pictures that failed, and why"


def test_progress_survives_a_server_that_is_restarted(
    page: Page, live_server: LiveServer, log_in: Callable[..., None], alice: User
) -> None:
    study = factories.make_study(alice)
    prompt = factories.make_prompt(study)
    generations.request_generations(study=study, prompts=[prompt])
    log_in(page.context)
    page.clock.install()
    page.route("**/progress/", lambda route: route.fulfill(status=502, body="Bad gateway"))
    page.goto(live_server.url + reverse("study", args=[study.pk]))
    with page.expect_response("**/progress/"):
        page.clock.run_for(2_000)
    page.unroute("**/progress/")
    factories.make_generation(prompt)

    page.clock.run_for(10_000)

    expect(page.get_by_text("1 / 1 made")).to_be_visible()


def test_heat_maps_are_drawn_in_colour_over_their_pictures(
    page: Page, live_server: LiveServer, log_in: Callable[..., None], alice: User
) -> None:
    generation = factories.make_generation(factories.make_prompt(factories.make_study(alice)))
    log_in(page.context)
    address = reverse("prompt", args=[generation.study_id, generation.pk])
    page.goto(live_server.url + address)

    expect(page.locator("[data-overlay] canvas")).to_have_count(len(factories.SENTENCE))
    expect(page.get_by_role("img", name="Heat map of quickly")).to_be_visible()


# -- for everybody -------------------------------------------------------------------------------


def addresses(alice: User) -> list[str]:
    """Every researcher page, each with something on it."""
    study = factories.make_open_study(alice)
    factories.rate(factories.make_rater(study), count=3)
    making = factories.make_study(alice)
    rows = [factories.make_prompt(making, seed=seed) for seed in range(2)]
    generations.request_generations(study=making, prompts=rows)
    (failing,) = generations.claim(keys=[rows[0].generations.get().pk])
    generations.fail(generation=failing, reason="No such model.")
    upload = prompts.keep_upload(study=making, user=alice, file_name="a.txt", content=b"a cat")
    words = [{"text": word, "pos": pos} for word, pos, *_ in factories.SENTENCE]
    PromptUpload.objects.update(
        status=UploadStatus.READY,
        rows_ready=1,
        preview=[{"line": 2, "prompt": "", "seed": 7, "external_id": "", "words": words}],
        refused=[{"line": 3, "prompt": "", "reason": "The prompt is empty."}],
    )
    rows = [f"t{n % 4},w{n // 4},{'xyz'[n % 3]},1,{'x' * (n % 4 == 0)}" for n in range(16)]
    table = "\n".join(["task,worker,label,round,expected", *rows, "t0,w0,x,2,"])
    looked_at, elsewhere = (
        files.keep_file(user=alice, name="Pilot", file_name="a.csv", content=content.encode())
        for content in ("a,b,c\n1,2,3\n", table)
    )
    files.request_import(imported=elsewhere)
    generation = study.generations.all()[0]
    tabs = ("study", "prompts", "items", "raters", "study-edit", "study-log")
    return [
        reverse("studies"),
        reverse("study-create"),
        reverse("api-tokens"),
        reverse("api-reference"),
        reverse("imports"),
        reverse("import", args=[looked_at.pk]),
        reverse("import-results", args=[elsewhere.pk]),
        reverse("methods", args=[study.pk]),
        *(reverse(name, args=[study.pk]) for name in tabs),
        reverse("prompt", args=[study.pk, generation.pk]),
        reverse("study", args=[making.pk]),
        reverse("upload", args=[making.pk, upload.pk]),
    ]


@pytest.mark.parametrize(("size", "scheme"), [(PHONE, "dark"), (DESKTOP, "light")])
def test_researcher_pages_are_accessible_and_fit_the_screen(
    browser: Browser,
    live_server: LiveServer,
    log_in: Callable[..., None],
    alice: User,
    size: Any,
    scheme: Literal["light", "dark"],
) -> None:
    context = browser.new_context(viewport=size, color_scheme=scheme)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    for address in (reverse("home"), reverse("login")):
        page.goto(live_server.url + address)
        assert_accessible(page)
    log_in(context)
    for address in addresses(alice):
        page.goto(live_server.url + address)
        assert_accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], address
    context.close()
    assert complaints == []
