import csv
import io
import re

import pytest
from django.contrib.auth.models import User
from django.http import StreamingHttpResponse
from django.test import Client
from django.urls import reverse

from annotator.domain import export
from annotator.domain.export.rating_columns import RATING_COLUMNS
from annotator.enums import AssignmentStatus
from annotator.models import Assignment, Study
from tests import factories
from tests.annotator.answers import make_rated_study


@pytest.fixture
def study(alice: User) -> Study:
    return make_rated_study(alice)


HEADER = [column.name for column in RATING_COLUMNS]


def download(client: Client, name: str, study: Study) -> str:
    response = client.get(reverse("export-table", args=[study.pk, name, "csv"]))
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


def test_rows_are_told_as_every_table_counts_them(study: Study) -> None:
    Assignment.objects.filter(pk=Assignment.objects.earliest("pk").pk).update(
        status=AssignmentStatus.EXPIRED
    )
    tables = export.tables(study=study)
    counted = export.row_counts(study=study)
    assert counted == {name: table.count() for name, table in tables.items()}
    assert (counted["ratings"], counted["assignments"]) == (8, 9)


def test_an_empty_study_says_so(as_alice: Client, alice: User) -> None:
    study = factories.make_open_study(alice)
    html = as_alice.get(reverse("export", args=[study.pk])).content.decode()
    assert "No rating has come in yet" in html


def test_the_ratings_are_streamed_as_the_domain_writes_them(as_alice: Client, study: Study) -> None:
    assert (
        download(as_alice, "ratings", study)
        == b"".join(export.tables(study=study)["ratings"].pieces("csv")).decode()
    )


def test_the_codebook_explains_the_columns(as_alice: Client, study: Study) -> None:
    text = download(as_alice, "codebook", study)
    described = csv.DictReader(io.StringIO(text, newline=""))
    rows = [row for row in described if row["table"] == "ratings"]
    assert [row["name"] for row in rows] == list(HEADER)
    units = {row["name"]: row["unit"] for row in rows}
    assert (units["reaction_ms"], units["submitted_at"]) == ("ms", "UTC")


@pytest.mark.parametrize("file", ["secrets.csv", "ratings.xlsx", "items.csv?shape=matrix"])
def test_what_is_not_there_is_not_found(as_alice: Client, study: Study, file: str) -> None:
    page = reverse("export", args=[study.pk])
    assert as_alice.get(page + file).status_code == 404


@pytest.mark.parametrize("name", ["a/b\\c", "🎨", "دراسة", "../../etc", 'x"; y'])
def test_any_name_of_a_study_makes_a_file_name(as_alice: Client, study: Study, name: str) -> None:
    Study.objects.filter(pk=study.pk).update(name=name)
    response = as_alice.get(reverse("export-table", args=[study.pk, "items", "csv"]))
    header = response["Content-Disposition"]
    assert re.fullmatch(r'attachment; filename="[a-z-]+-\d+-items\.csv"', header)
