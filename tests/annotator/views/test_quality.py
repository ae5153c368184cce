import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from annotator.domain.monitoring import flag_exclusions
from annotator.models import FlagExclusion, Rater, Study
from tests import factories
from tests.annotator.answers import give


@pytest.fixture
def rater(alice: User) -> Rater:
    """Fifteen times the same score."""
    study = factories.make_open_study(alice, prompts=5, items_per_part_of_speech=5)
    rater = factories.make_rater(study)
    for item in study.items.all():
        give(item, rater, 4)
    return rater


def page(client: Client, study: Study) -> str:
    return client.get(reverse("quality", args=[study.pk])).content.decode()


def test_the_page_shows_flags_and_rules(as_alice: Client, rater: Rater) -> None:
    html = page(as_alice, rater.study)

    assert rater.pseudonym in html
    assert "always the same answer <span" in html
    assert "share of answers given within 800 ms" in html


def test_excluding_needs_a_reason(as_alice: Client, rater: Rater) -> None:
    address = reverse("rater-exclude", args=[rater.study.pk, rater.pseudonym])

    as_alice.post(address, {"reason": " "})
    rater.refresh_from_db()
    assert rater.excluded_at is None

    as_alice.post(address, {"reason": "Bored."})
    assert "Excluded: Bored." in page(as_alice, rater.study)


def test_an_excluded_rater_is_counted_again(as_alice: Client, rater: Rater) -> None:
    as_alice.post(reverse("quality-exclude", args=[rater.study.pk]), {"flag": "straight_lining"})
    assert "(by rule)" in page(as_alice, rater.study)

    as_alice.post(reverse("rater-include", args=[rater.study.pk, rater.pseudonym]))

    rater.refresh_from_db()
    assert rater.excluded_at is None


def test_a_worker_s_progress_is_followed_until_they_are_left_out(
    as_alice: Client, rater: Rater, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flag_exclusions, "AT_ONCE", 0)
    address = reverse("quality", args=[rater.study.pk])
    as_alice.post(reverse("quality-exclude", args=[rater.study.pk]), {"flag": "straight_lining"})
    FlagExclusion.objects.update(raters_done=3, raters_total=1200)

    assert "3 of 1,200 raters looked at." in page(as_alice, rater.study)
    fragment = as_alice.get(address, {"fragment": "1"}).content.decode()
    assert (fragment.count('data-every="1"'), fragment.count("<h2")) == (1, 0)

    claimed = flag_exclusions.claim(key=FlagExclusion.objects.get().pk)
    assert claimed is not None
    flag_exclusions.run(exclusion=claimed)
    fragment = as_alice.get(address, {"fragment": "1"}).content.decode()
    assert "1 rater left out by rule" in fragment
    assert "data-every" not in fragment


def test_an_unknown_rule_excludes_nobody(as_alice: Client, rater: Rater) -> None:
    as_alice.post(reverse("quality-exclude", args=[rater.study.pk]), {"flag": "ugly"})

    rater.refresh_from_db()
    assert rater.excluded_at is None


def test_results_say_that_ratings_are_left_out_and_can_show_them(
    as_alice: Client, rater: Rater
) -> None:
    as_alice.post(reverse("quality-exclude", args=[rater.study.pk]), {"flag": "straight_lining"})
    address = reverse("results", args=[rater.study.pk])

    without = as_alice.get(address).content.decode()
    everybody = as_alice.get(address, {"everybody": "1"}).content.decode()

    assert "15 ratings by excluded raters are left out." in without
    assert "15 ratings by excluded raters are counted here too." in everybody
