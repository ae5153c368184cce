from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.forms.models import model_to_dict

from annotator.domain.design import studies
from annotator.errors import WrongStatus
from annotator.forms.study import StudyForm
from annotator.models import Study
from tests import factories

FILLED_IN: dict[str, Any] = {
    "name": "Maps",
    "task": "rating",
    "question": "Does it show “{word}”?",
    "label_1": "Bad",
    "label_2": "Poor",
    "label_3": "Fair",
    "label_4": "Good",
    "label_5": "Excellent",
    "consent_text": "",
    "instructions": "",
    "opacity": 0.5,
    "colour_map": "viridis",
    "colour_map_locked": True,
    "contour_locked": True,
    "tau": 0.4,
    "side_by_side": True,
    "parts_of_speech": ["NOUN", "PUNCT"],
    "items_per_part_of_speech": 5,
    "ratings_per_item": 2,
    "items_per_rater": 10,
    "rater_share_percent": 18,
    "items_per_session": 5,
    "shuffled_word_percent": 20,
    "other_seed_percent": 0,
    "random_blob_percent": 20,
    "blank_percent": 20,
    "absent_word_percent": 20,
    "gold_percent": 4,
    "repeat_percent": 6,
    "check_rule": "stop",
    "pay_amount": 0.1,
    "pay_currency": "EUR",
    "pay_per": "hour",
    "assignment_minutes": 15,
    "seed": 3,
    "model": "bundled",
    "steps": 20,
    "guidance": 3.0,
}

# What a study that has ratings still lets be changed.
CHANGEABLE = {
    "name",
    "consent_text",
    "items_per_rater",
    "rater_share_percent",
    "items_per_session",
    "assignment_minutes",
    "gold_percent",
    "repeat_percent",
    "check_rule",
    "pay_amount",
    "pay_currency",
    "pay_per",
}


@pytest.mark.django_db
def test_five_inputs_become_the_labels_of_the_study() -> None:
    form = StudyForm(FILLED_IN | {"label_1": "Not at all"})

    assert form.is_valid(), form.errors
    assert form.instance.labels == ["Not at all", "Poor", "Fair", "Good", "Excellent"]
    assert form.instance.parts_of_speech == ["NOUN", "PUNCT"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("question", "Does it fit?"),
        ("label_3", ""),
        ("label_5", "Good"),
        ("parts_of_speech", []),
        ("parts_of_speech", ["NOSUCH"]),
        ("items_per_part_of_speech", 0),
        ("ratings_per_item", 0),
        ("ratings_per_item", 51),
        ("seed", 2**63),
        ("steps", 0),
        ("guidance", "nan"),
        ("guidance", -1),
        ("guidance", 51),
        ("opacity", 0),
        ("opacity", 1.1),
        ("colour_map", "rainbow"),
        ("tau", 1.1),
        ("pay_amount", -1),
        ("pay_currency", "eur"),
        ("pay_currency", "€"),
        ("check_rule", "fine"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(field: str, value: Any) -> None:
    form = StudyForm(FILLED_IN | {field: value})

    assert list(form.errors) == [field]


@pytest.mark.django_db
def test_a_new_study_is_filled_in_so_that_a_name_is_enough() -> None:
    empty = StudyForm()
    shown = {name: empty[name].value() for name in empty.fields} | {"name": "Maps"}

    form = StudyForm(shown)

    assert form.is_valid(), form.errors
    assert form.instance.parts_of_speech == Study().parts_of_speech
    assert "voluntary" in form.instance.consent_text


def stages(owner: User) -> dict[str, Study]:
    imported = factories.make_study(owner)
    factories.make_prompt(imported)
    made = factories.make_study(owner)
    factories.make_generation(factories.make_prompt(made))
    opened = factories.make_open_study(owner, prompts=1)
    rated = factories.make_open_study(owner, prompts=1)
    factories.rate(factories.make_rater(rated))
    fresh = factories.make_study(owner)
    return {"fresh": fresh, "imported": imported, "made": made, "opened": opened, "rated": rated}


def test_each_stage_of_a_study_fixes_what_was_made_with(alice: User) -> None:
    found = {name: studies.fixed_fields(study=study) for name, study in stages(alice).items()}

    assert found == {
        "fresh": set(),
        "imported": {"seed"},
        "made": {"seed"} | studies.PICTURE_FIELDS,
        "opened": studies.PLAN_FIELDS | studies.PICTURE_FIELDS,
        "rated": studies.PLAN_FIELDS | studies.PICTURE_FIELDS | studies.JUDGED_FIELDS,
    }


def test_what_is_fixed_stays_whatever_is_sent(alice: User) -> None:
    study = stages(alice)["rated"]
    before = model_to_dict(study)

    form = StudyForm(FILLED_IN | {"label_1": "Worst"}, instance=study)
    assert form.is_valid(), form.errors
    studies.change_settings(study=study, user=alice, changed=form.changed_fields)

    study.refresh_from_db()
    after = model_to_dict(study)
    assert {name for name in after if after[name] != before[name]} == CHANGEABLE - {"consent_text"}


def test_a_change_that_comes_too_late_is_refused(alice: User) -> None:
    study = factories.make_open_study(alice, prompts=1)
    form = StudyForm(FILLED_IN, instance=study)
    assert form.is_valid(), form.errors
    factories.rate(factories.make_rater(study))

    with pytest.raises(WrongStatus, match="question"):
        studies.change_settings(study=study, user=alice, changed=form.changed_fields)


def test_saving_settings_leaves_the_status_alone(alice: User) -> None:
    study = factories.make_open_study(alice, prompts=1)
    stale = Study.objects.get(pk=study.pk)
    studies.pause_study(study=study, user=alice)

    stale.name = "Renamed"
    studies.change_settings(study=stale, user=alice, changed=["name"])

    study.refresh_from_db()
    assert (study.name, study.status) == ("Renamed", "paused")
    assert study.log.first() is not None
