"""Nothing that a rater's browser receives tells a control from a real item, or a condition."""

import re
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from django.contrib.auth.models import User
from django.test import Client
from PIL import Image

from annotator.domain.rating import assignments
from annotator.enums import AssignmentPurpose, ItemKind, Phase
from annotator.models import Assignment, Item, Rater, Study
from tests import factories


@pytest.fixture
def study(alice: User) -> Study:
    percents = dict.fromkeys(("shuffled_word_percent", "random_blob_percent", "blank_percent"), 50)
    study = factories.make_open_study(alice, prompts=12, gold_percent=20, **percents)
    spare = study.generations.all()[0].heat_maps.exclude(items__study=study)[0]
    Item.objects.create(
        study=study,
        heat_map=spare,
        kind=ItemKind.GOLD,
        pos=spare.word.pos,
        accepted_low=5,
        accepted_high=5,
        feedback="A secret.",
        ratings_wanted=0,
        free_slots=0,
    )
    for kind in (ItemKind.OTHER_SEED, ItemKind.ABSENT_WORD):
        show_another_map(study, kind)
    return study


def show_another_map(study: Study, kind: ItemKind) -> None:
    """Items of a kind whose maps are made while pictures are: here, another picture's file."""
    first, second = study.generations.all()[:2]
    place = study.items.count()
    for number, heat_map in enumerate(first.heat_maps.all()[:3]):
        Item.objects.create(
            study=study,
            heat_map=heat_map,
            kind=kind,
            pos=heat_map.word.pos,
            position=place + number,
            map_file=second.maps_file,
            map_row=heat_map.row,
            made_from={"word": "secret"},
            ratings_wanted=2,
            free_slots=2,
        )


@pytest.fixture
def link(study: Study, client: Client) -> str:
    link = f"/r/{study.invitations.all()[0].token}/"
    client.post(link)
    Rater.objects.update(phase=Phase.RATING)
    return link


def received(client: Client, link: str, by: str = "kind") -> dict[str, list[dict[str, Any]]]:
    """Every item a rater is sent, by its kind or condition, which is read from the database."""
    items = []
    rater = Rater.objects.get()
    while drawn := client.post(link + "draw/", {"want": 1}, content_type="application/json").json()[
        "items"
    ]:
        items += drawn
        (held,) = assignments.draw(rater=rater, count=1)
        held.status = "submitted"
        held.save(update_fields=["status"])
    by_kind: dict[str, list[dict[str, Any]]] = {}
    for item in items:
        assignment = Assignment.objects.select_related("item").get(public_id=item["id"])
        by_kind.setdefault(getattr(assignment.item, by), []).append(item)
    return by_kind


def test_items_of_every_kind_are_told_in_the_same_words(client: Client, link: str) -> None:
    by_kind = received(client, link)

    assert set(by_kind) == set(ItemKind)
    assert len({frozenset(item) for items in by_kind.values() for item in items}) == 1
    names = {*ItemKind.values, *AssignmentPurpose.values} - {"rating", "real"}
    for items in by_kind.values():
        for item in items:
            text = str(item | {"prompt": "", "question": ""}).lower()
            assert not any(name in text for name in (*names, "control", "kind", "secret", "accept"))
            assert item["id"] in item["picture"]
            assert item["id"] in item["heat_map"]


def test_maps_of_every_kind_come_with_the_same_headers_and_size(client: Client, link: str) -> None:
    seen = set()
    for items in received(client, link).values():
        for item in items:
            response = client.get(item["heat_map"])
            image = Image.open(BytesIO(response.content))
            # What the map is like, not how it was made: a number between 0 and 1 for every map.
            assert re.fullmatch(r"[01]\.\d{6}", response["Heat-Map-Floor"])
            del response["Heat-Map-Floor"]
            headers = frozenset(response.headers.items())
            seen.add((headers, len(response.content), image.size, image.mode))

    assert len(seen) == 1


def test_what_is_sent_for_a_control_is_its_own_map(client: Client, link: str) -> None:
    (blank, *_) = received(client, link)["blank"]

    shown = np.asarray(Image.open(BytesIO(client.get(blank["heat_map"]).content)))

    assert shown.shape == (factories.SIDE, factories.SIDE)
    assert not shown.any()


# -- conditions ----------------------------------------------------------------------------------

CONDITIONS = [
    {"name": "secret plain"},
    {"name": "secret published", "mode": "published"},
    {"name": "secret layers", "layers": ["up_blocks.1"], "heads": [0]},
    {"name": "secret model", "model": "org/secret-large"},
]


@pytest.fixture
def compared(alice: User, client: Client) -> str:
    """The link of a rater who is shown every word under every condition."""
    fields = {"conditions": CONDITIONS, "within_raters": True, "items_per_rater": 1000}
    study = factories.make_open_study(alice, prompts=2, shuffled_word_percent=50, **fields)
    link = f"/r/{study.invitations.get().token}/"
    client.post(link)
    Rater.objects.update(phase=Phase.RATING)
    return link


def test_items_of_every_condition_are_told_in_the_same_words(client: Client, compared: str) -> None:
    by_condition = received(client, compared, by="condition")

    assert set(by_condition) == {one["name"] for one in CONDITIONS}
    items = [item for items in by_condition.values() for item in items]
    assert len({frozenset(item) for item in items}) == 1
    for item in items:
        text = str(item).lower()
        assert not any(word in text for word in ("secret", "condition", "model", "published"))
        assert item["id"] in item["picture"]
        assert item["id"] in item["heat_map"]
    page = client.get(compared + "rate/").content.decode().lower()
    assert "secret" not in page


def test_pictures_and_maps_of_every_condition_come_with_the_same_headers(
    client: Client, compared: str
) -> None:
    seen: dict[str, set[Any]] = {"picture": set(), "heat_map": set()}
    for items in received(client, compared, by="condition").values():
        for item in items:
            for name, found in seen.items():
                response = client.get(item[name])
                assert b"secret" not in b"".join(response)
                for own in ("Heat-Map-Floor", "Content-Length"):  # of what is seen, in any case
                    response.headers.pop(own, None)
                text = str(sorted(response.headers.items()))
                found.add(re.sub(r"[0-9a-f]{32}", "RANDOM", text))

    assert {name: len(found) for name, found in seen.items()} == {"picture": 1, "heat_map": 1}
