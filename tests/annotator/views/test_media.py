"""Pictures and heat maps: what is served, and to whom."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from PIL import Image
from safetensors.numpy import load_file, save_file

from annotator.domain.rating import assignments
from annotator.models import Assignment, HeatMap, Rater, Study
from tests import factories


@pytest.fixture
def study(alice: User) -> Study:
    return factories.make_open_study(alice)


@pytest.fixture
def held(study: Study, client: Client) -> Assignment:
    """An item in the hands of the rater that `client` is."""
    invitation = study.invitations.first()
    assert invitation is not None
    client.post(f"/r/{invitation.token}/")
    (assignment,) = assignments.draw(rater=Rater.objects.get(), count=1)
    return assignment


def addresses(assignment: Assignment) -> tuple[str, str]:
    """Of the picture and of the map, for the rater."""
    root = f"/r/{assignment.rater.invitation.token}"
    name = assignment.public_id
    return f"{root}/pictures/{name}.webp", f"{root}/maps/{name}.png"


def study_addresses(heat_map: HeatMap) -> tuple[str, str]:
    """The same for researchers."""
    root = f"/studies/{heat_map.generation.study_id}"
    picture = f"{root}/pictures/{heat_map.generation_id}.webp"
    return picture, f"{root}/maps/{heat_map.public_id}.png"


def pixels(content: bytes) -> np.ndarray:
    return np.asarray(Image.open(BytesIO(content)))


def test_the_picture_is_the_stored_file(held: Assignment, client: Client) -> None:
    picture, _ = addresses(held)
    response: Any = client.get(picture)
    stored = Path(settings.MEDIA_ROOT) / held.item.heat_map.generation.image_file
    assert b"".join(response.streaming_content) == stored.read_bytes()
    assert response["Content-Type"] == "image/webp"


def test_the_map_is_grey_from_its_floor_to_its_peak(held: Assignment, client: Client) -> None:
    _, address = addresses(held)
    response = client.get(address)
    heat_map = held.item.heat_map
    file = Path(settings.MEDIA_ROOT) / heat_map.generation.maps_file
    raw = load_file(file)["soft"][heat_map.row].astype(np.float64)
    stretched = 255 * (raw - raw.min()) / (raw.max() - raw.min())
    shown = pixels(response.content)
    assert (shown.min(), shown.max()) == (0, 255)
    np.testing.assert_allclose(shown, stretched, atol=0.51)
    assert response["Content-Type"] == "image/png"
    np.testing.assert_allclose(
        float(response["Heat-Map-Floor"]), raw.min() / raw.max(), atol=0.000001
    )


def test_a_map_that_is_the_same_everywhere_is_black(held: Assignment, client: Client) -> None:
    generation = held.item.heat_map.generation
    constant = np.full((5, 4, 6), 0.25, dtype=np.float16)
    save_file({"soft": constant}, Path(settings.MEDIA_ROOT) / generation.maps_file)
    response = client.get(addresses(held)[1])
    np.testing.assert_array_equal(pixels(response.content), np.zeros((4, 6), dtype=np.uint8))
    assert response["Heat-Map-Floor"] == "1.000000"


def test_files_are_kept_by_the_asker_only_and_for_ever(held: Assignment, client: Client) -> None:
    for address in addresses(held):
        response = client.get(address)
        assert response["Cache-Control"] == "private, max-age=31536000, immutable"
        assert response["X-Content-Type-Options"] == "nosniff"


def test_another_rater_finds_nothing(held: Assignment) -> None:
    other = Client()
    other.post(f"/r/{held.rater.invitation.token}/")
    for address in addresses(held):
        assert other.get(address).status_code == 404


def test_what_was_given_back_is_not_found(held: Assignment, client: Client) -> None:
    assignments.return_assignments(rater=held.rater)
    for address in addresses(held):
        assert client.get(address).status_code == 404


def test_what_was_answered_can_still_be_seen(held: Assignment, client: Client) -> None:
    factories.rate(held.rater)
    for address in addresses(held):
        assert client.get(address).status_code == 200


def test_researchers_see_their_own_and_admins_all(
    held: Assignment, as_alice: Client, bob: User, carol: User
) -> None:
    as_bob, as_carol = Client(), Client()
    as_bob.force_login(bob)
    as_carol.force_login(carol)
    for address in study_addresses(held.item.heat_map):
        assert as_alice.get(address).status_code == 200
        assert as_carol.get(address).status_code == 200
        assert as_bob.get(address).status_code == 404


def test_raters_do_not_see_researchers_addresses(held: Assignment, client: Client) -> None:
    for address in study_addresses(held.item.heat_map):
        assert client.get(address)["Location"].startswith("/login/")


def test_a_missing_file_is_not_found(held: Assignment, client: Client) -> None:
    generation = held.item.heat_map.generation
    for name in (generation.image_file, generation.maps_file):
        (Path(settings.MEDIA_ROOT) / name).unlink()
    for address in addresses(held):
        assert client.get(address).status_code == 404


def test_a_picture_that_is_not_made_is_not_found(study: Study, as_alice: Client) -> None:
    generation = study.generations.first()
    assert generation is not None
    type(generation).objects.filter(pk=generation.pk).update(image_file="")
    address = f"/studies/{study.pk}/pictures/{generation.pk}.webp"
    assert as_alice.get(address).status_code == 404
