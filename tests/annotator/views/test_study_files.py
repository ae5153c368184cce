from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from annotator.domain.design import study_config
from annotator.models import Study
from tests import factories
from tests.annotator.test_forms import FILLED_IN


def upload(client: Client, content: bytes) -> Any:
    file = SimpleUploadedFile("study.toml", content)
    return client.post(reverse("study-from-file"), {"file": file})


def test_a_downloaded_file_uploaded_again_makes_the_same_study(
    as_alice: Client, alice: User
) -> None:
    study = factories.make_study(alice, rater_share_percent=18)
    downloaded = as_alice.get(reverse("study-config", args=[study.pk, "toml"]))

    response = upload(as_alice, downloaded.content)

    copy = Study.objects.exclude(pk=study.pk).get()
    assert response.url == reverse("study", args=[copy.pk])
    assert study_config.values_of(study=copy) == study_config.values_of(study=study)
    assert f'filename="study-{study.pk}.toml"' in downloaded["Content-Disposition"]


def test_every_mistake_is_told_on_the_page_and_nothing_is_stored(as_alice: Client) -> None:
    text = f'format = "{study_config.FORMAT}"\n[study]\nname = "x"\nseeds = 3\nstpes = 1\n'

    response = upload(as_alice, text.encode())

    html = response.content.decode()
    assert response.status_code == 422
    assert "Line 4: there is no setting “seeds”" in html
    assert "Line 5: there is no setting “stpes”" in html
    assert not Study.objects.exists()


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"x" * (1024 * 1024 + 1), b""])
def test_a_file_that_cannot_be_read_is_refused(as_alice: Client, content: bytes) -> None:
    assert upload(as_alice, content).status_code == 422


def test_there_is_no_third_kind_of_file(as_alice: Client, alice: User) -> None:
    study = factories.make_study(alice)

    assert as_alice.get(reverse("study-config", args=[study.pk, "yaml"])).status_code == 404


def test_a_changed_setting_is_in_the_log_with_both_values(as_alice: Client, alice: User) -> None:
    study = factories.make_study(alice, rater_share_percent=100)
    as_alice.post(reverse("study-edit", args=[study.pk]), FILLED_IN)

    entry = study.log.all()[0]

    assert entry.detail["changes"]["rater_share_percent"] == [100, 18]
    html = as_alice.get(reverse("study-log", args=[study.pk])).content.decode()
    assert "<del>100</del> → <ins>18</ins>" in html
