"""The preview of the rating screen, by requests."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.forms.models import model_to_dict
from django.test import Client
from django.urls import reverse

from annotator.models import Study
from tests import factories
from tests.annotator.test_forms import FILLED_IN
from tests.annotator.views.reading import text_of


def test_a_preview_changes_nothing(as_alice: Client, alice: User) -> None:
    study = factories.make_study(alice)
    before = model_to_dict(study)

    page = as_alice.post(
        reverse("study-preview", args=[study.pk]), FILLED_IN | {"label_1": "Awful"}
    )

    assert "1 Awful" in text_of(page)
    assert model_to_dict(Study.objects.get()) == before


def test_a_preview_shows_what_is_fixed_as_it_is(as_alice: Client, alice: User) -> None:
    study = factories.make_open_study(alice, prompts=1)
    factories.rate(factories.make_rater(study))

    page = as_alice.post(
        reverse("study-preview", args=[study.pk]), FILLED_IN | {"label_1": "Awful"}
    )

    assert "1 Bad" in text_of(page)


def test_a_study_with_pictures_is_previewed_with_its_own(as_alice: Client, alice: User) -> None:
    study = factories.make_open_study(alice, prompts=1)

    page = as_alice.get(reverse("study-preview", args=[study.pk])).content.decode()

    assert f"/studies/{study.pk}/pictures/" in page
    assert "a red circle rolls quickly" in page


def test_only_this_site_may_frame_the_preview_and_nothing_else_is_framed(
    as_alice: Client,
) -> None:
    preview = as_alice.get(reverse("study-create-preview"))
    form = as_alice.get(reverse("study-create"))

    assert "frame-ancestors 'self'" in preview.headers["Content-Security-Policy"]
    assert preview.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-ancestors 'none'" in form.headers["Content-Security-Policy"]
    assert form.headers["X-Frame-Options"] == "DENY"
