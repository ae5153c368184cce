from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from annotator.domain.material import generations
from annotator.models import Study
from tests import factories
from tests.annotator.test_forms import CHANGEABLE, FILLED_IN
from tests.annotator.views.reading import messages_of, text_of

# -- all studies ---------------------------------------------------------------------------------


def test_guests_read_what_this_is(db: None) -> None:
    assert "Which word painted what?" in text_of(Client().get("/"))


def test_without_a_study_the_list_says_what_to_do(as_alice: Client) -> None:
    page = text_of(as_alice.get(reverse("studies")))

    assert "You have no study yet" in page
    assert "Set up the first study" in page


def test_the_list_holds_ones_own_studies_with_their_counts(
    as_alice: Client, alice: User, bob: User
) -> None:
    study = factories.make_open_study(alice, prompts=2, name="Mine")
    factories.rate(factories.make_rater(study), count=3)
    factories.make_study(bob, name="Not mine")

    page = text_of(as_alice.get(reverse("studies")))

    assert "Mine open 3 / 12 2" in page  # ratings, then prompts
    assert "Not mine" not in page


def test_a_study_is_created_by_its_form(as_alice: Client, alice: User) -> None:
    response = as_alice.post(reverse("study-create"), FILLED_IN)

    study = Study.objects.get()
    assert response.headers["Location"] == reverse("study", args=[study.pk])
    assert (study.owner, study.name, study.ratings_per_item) == (alice, "Maps", 2)
    assert [entry.text for entry in study.log.all()] == ["Created"]


def test_a_wrong_form_keeps_what_was_typed(as_alice: Client) -> None:
    response = as_alice.post(reverse("study-create"), FILLED_IN | {"question": "No place for it"})

    assert response.status_code == 422
    assert 'value="No place for it"' in response.content.decode()
    assert "Write {word} where the judged word belongs" in text_of(response)
    assert not Study.objects.exists()


# -- settings ------------------------------------------------------------------------------------


def test_changed_settings_are_stored_and_logged_by_name(as_alice: Client, alice: User) -> None:
    study = factories.make_study(alice)

    as_alice.post(reverse("study-edit", args=[study.pk]), FILLED_IN | {"label_2": "Meh"})

    study.refresh_from_db()
    assert (study.name, study.labels[1]) == ("Maps", "Meh")
    entry = study.log.get()
    assert "labels" in entry.text
    assert "label_2" not in entry.text


def test_a_page_of_settings_that_were_used_says_so_and_disables_them(
    as_alice: Client, alice: User
) -> None:
    study = factories.make_open_study(alice, prompts=1)
    factories.rate(factories.make_rater(study))

    response = as_alice.get(reverse("study-edit", args=[study.pk]))

    assert "can no longer be changed" in text_of(response)
    form = response.context["form"]
    open_fields = {name for name, field in form.fields.items() if not field.disabled}
    assert open_fields == CHANGEABLE


def test_wrong_settings_leave_the_stored_name_in_the_heading(as_alice: Client, alice: User) -> None:
    study = factories.make_study(alice, name="Stored")
    sent = FILLED_IN | {"name": "Typed", "steps": 0}

    response = as_alice.post(reverse("study-edit", args=[study.pk]), sent)

    assert response.status_code == 422
    assert "<h1>Stored</h1>" in response.content.decode()
    assert 'value="Typed"' in response.content.decode()


# -- overview ------------------------------------------------------------------------------------


def overview(client: Client, study: Study) -> str:
    return text_of(client.get(reverse("study", args=[study.pk])))


def test_the_overview_shows_pictures_made_waiting_and_failed(as_alice: Client, alice: User) -> None:
    study = factories.make_study(alice)
    factories.make_generation(factories.make_prompt(study, seed=0))
    waiting = [factories.make_prompt(study, seed=seed) for seed in (1, 2, 3)]
    generations.request_generations(study=study, prompts=waiting)
    (failing,) = generations.claim(keys=[waiting[0].generations.get().pk])
    generations.fail(generation=failing, reason="The prompt is too long.")
    generations.claim(keys=[waiting[1].generations.get().pk])

    page = overview(as_alice, study)

    assert "1 / 4 made 1 being made 1 waiting" in page
    assert "1 failed" in page
    assert "The prompt is too long." in page
    assert "Retry the failed pictures" in page


def test_the_overview_warns_when_no_worker_answers(as_alice: Client, alice: User) -> None:
    study = factories.make_study(alice)
    generations.request_generations(study=study, prompts=[factories.make_prompt(study)])
    assert "No GPU worker answers" not in overview(as_alice, study)

    study.generations.update(touched_at=timezone.now() - timedelta(minutes=3))

    page = overview(as_alice, study)
    assert "No GPU worker answers since" in page
    assert "Start a GPU worker" in page


def test_the_fragment_asks_again_sooner_while_pictures_are_made(
    as_alice: Client, alice: User
) -> None:
    study = factories.make_study(alice)
    address = reverse("study-progress", args=[study.pk])
    assert 'data-every="10"' in as_alice.get(address).content.decode()

    generations.request_generations(study=study, prompts=[factories.make_prompt(study)])

    response = as_alice.get(address)
    assert 'data-every="2"' in response.content.decode()
    assert "<html" not in response.content.decode()
    assert response.headers["Cache-Control"] == "no-store"


def test_the_fragment_is_the_same_until_something_happens(as_alice: Client, alice: User) -> None:
    """A token in it would differ every time, and the page be rewritten under the reader."""
    study = factories.make_open_study(alice)
    address = reverse("study-progress", args=[study.pk])

    assert as_alice.get(address).content == as_alice.get(address).content


# -- status --------------------------------------------------------------------------------------


def test_a_study_is_opened_paused_and_closed(as_alice: Client, alice: User) -> None:
    study = factories.make_study(alice)
    factories.make_generation(factories.make_prompt(study))
    seen = []
    for action in ("open", "pause", "open", "close"):
        as_alice.post(reverse(f"study-{action}", args=[study.pk]))
        study.refresh_from_db()
        seen.append(study.status)

    assert seen == ["open", "paused", "open", "closed"]


@pytest.mark.parametrize(
    ("action", "sentence"),
    [("open", "There is nothing to rate"), ("pause", "A study that is draft cannot become paused")],
)
def test_what_cannot_be_done_is_said_in_the_domains_words(
    as_alice: Client, alice: User, action: str, sentence: str
) -> None:
    study = factories.make_study(alice)

    response = as_alice.post(reverse(f"study-{action}", args=[study.pk]))

    assert response.headers["Location"] == reverse("study", args=[study.pk])
    (message,) = messages_of(response)
    assert message.startswith(sentence)


def test_failed_pictures_are_queued_again(as_alice: Client, alice: User) -> None:
    study = factories.make_study(alice)
    prompt = factories.make_prompt(study)
    generations.request_generations(study=study, prompts=[prompt])
    (failing,) = generations.claim(keys=[prompt.generations.get().pk])
    generations.fail(generation=failing, reason="No such model.")

    response = as_alice.post(reverse("generations-retry", args=[study.pk]))

    assert messages_of(response) == ["1 picture is queued again."]
    assert study.generations.queued().count() == 1
