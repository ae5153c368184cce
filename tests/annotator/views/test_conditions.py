"""Where a researcher sets up what a study compares."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from annotator.models import Study
from tests import factories
from tests.annotator.views.reading import text_of


def sent(*rows: dict[str, str], **fields: str) -> dict[str, str]:
    form = {"conditions-TOTAL_FORMS": str(len(rows)), "conditions-INITIAL_FORMS": "0"}
    for number, row in enumerate(rows):
        form |= {
            f"conditions-{number}-{name}": text for name, text in ({"mode": "paper"} | row).items()
        }
    return form | fields


def test_conditions_are_stored_and_shown_again(as_alice: Client, alice: User) -> None:
    study = factories.make_study(alice)
    address = f"/studies/{study.pk}/settings/conditions/"
    rows = sent(
        {"name": "all"},
        {"name": "late", "layers": "up_blocks.1, up_blocks.2", "heads": "0 3"}
        | {"first_step": "5", "last_step": "9"},
        {"name": "large", "model": "org/large"},
        {"name": ""},
        within_raters="on",
    )  # fmt: skip
    assert as_alice.post(address, rows).status_code == 302

    study.refresh_from_db()
    assert study.conditions == [
        {"name": "all", "mode": "paper"},
        {
            "name": "late",
            "mode": "paper",
            "layers": ["up_blocks.1", "up_blocks.2"],
            "heads": [0, 3],
            "first_step": 5,
            "last_step": 9,
        },
        {"name": "large", "model": "org/large", "mode": "paper"},
    ]
    assert study.within_raters
    page = as_alice.get(address).content.decode()
    assert 'value="up_blocks.1, up_blocks.2"' in page
    assert "3 conditions are compared" in text_of(as_alice.get(f"/studies/{study.pk}/settings/"))


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([{"name": "alone"}], "two, or none"),
        ([{"name": "a"}, {"name": "b"}], "would show the same maps"),
        ([{"name": "a"}, {"layers": "up"}], "Give the condition a name"),
        ([{"name": "a"}, {"name": "b", "heads": "x"}], "Write numbers from 0"),
        ([{"name": "a"}, {"name": "b", "first_step": "1", "last_step": "99"}], "later steps"),
        ([{"name": "a"}, {"name": "b", "model": "bundled"}], "would show the same maps"),
    ],
)
def test_what_cannot_be_compared_is_said_beside_it(
    as_alice: Client, alice: User, rows: list[dict[str, str]], sentence: str
) -> None:
    study = factories.make_study(alice)
    response = as_alice.post(f"/studies/{study.pk}/settings/conditions/", sent(*rows))

    assert response.status_code == 422
    assert sentence in text_of(response)
    study.refresh_from_db()
    assert study.conditions == []


def test_settings_that_do_not_fit_the_conditions_are_refused(as_alice: Client, alice: User) -> None:
    study = factories.make_study(
        alice, conditions=[{"name": "a"}, {"name": "b", "first_step": 20, "last_step": 30}]
    )
    page = as_alice.get(f"/studies/{study.pk}/settings/")
    form: dict[str, Any] = page.context["form"].initial | {
        "steps": "10",
        "parts_of_speech": ["NOUN"],
    }
    form |= {f"label_{n}": f"{n}" for n in range(1, 6)}
    response = as_alice.post(f"/studies/{study.pk}/settings/", form)

    assert response.status_code == 422
    assert "A condition sums later steps" in text_of(response)


def test_conditions_are_fixed_once_a_picture_is_made(as_alice: Client, alice: User) -> None:
    study = factories.make_open_study(
        alice, conditions=[{"name": "a"}, {"name": "b", "heads": [0]}]
    )
    address = f"/studies/{study.pk}/settings/conditions/"
    assert "can no longer be changed" in text_of(as_alice.get(address))
    as_alice.post(address, sent({"name": "x"}, {"name": "y", "heads": "1"}))

    assert [one.name for one in Study.objects.get(pk=study.pk).compared] == ["a", "b"]
