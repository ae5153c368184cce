import csv
import io

import pytest
from django.contrib.auth.models import User
from django.http import StreamingHttpResponse
from django.test import Client
from django.urls import reverse

from annotator.domain.codebook import HEADER
from annotator.domain.export import ratings_csv
from annotator.models import Study
from tests import factories
from tests.annotator.answers import make_rated_study


@pytest.fixture
def study(alice: User) -> Study:
    return make_rated_study(alice)


def download(client: Client, name: str, study: Study) -> str:
    response = client.get(reverse(name, args=[study.pk]))
    assert isinstance(response, StreamingHttpResponse)
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"].startswith('attachment; filename="word-heat-maps-')
    return response.getvalue().decode()


def test_the_page_says_what_is_in_the_table_and_shows_its_beginning(
    as_alice: Client, study: Study
) -> None:
    html = as_alice.get(reverse("export", args=[study.pk])).content.decode()
    assert f"9 rows with {len(HEADER)} columns" in html
    assert html.count("a red circle rolls quickly") == 5
    assert all(f">{name}<" in html for name in HEADER)


def test_an_empty_study_says_so(as_alice: Client, alice: User) -> None:
    study = factories.make_open_study(alice)
    html = as_alice.get(reverse("export", args=[study.pk])).content.decode()
    assert "No rating has come in yet" in html


def test_the_ratings_are_streamed_as_the_domain_writes_them(as_alice: Client, study: Study) -> None:
    assert download(as_alice, "export-ratings", study) == "".join(ratings_csv(study=study))


def test_the_codebook_explains_the_columns(as_alice: Client, study: Study) -> None:
    text = download(as_alice, "export-codebook", study)
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [row["name"] for row in rows] == list(HEADER)
    units = {row["name"]: row["unit"] for row in rows}
    assert (units["reaction_ms"], units["submitted_at"]) == ("ms", "UTC")


@pytest.mark.parametrize("name", ["export", "export-ratings", "export-codebook"])
def test_another_researcher_finds_nothing(bob: User, study: Study, name: str) -> None:
    client = Client()
    client.force_login(bob)
    assert client.get(reverse(name, args=[study.pk])).status_code == 404
