"""Pages of single items, words and raters."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from annotator import queue
from annotator.domain import analyses
from annotator.domain.design import gold
from annotator.domain.monitoring import quality
from annotator.enums import ItemKind
from annotator.models import Analysis, HeatMap, Rating, Study
from tests import factories
from tests.annotator.answers import make_control, make_rated_study
from tests.annotator.views.reading import text_of


@pytest.fixture
def study(alice: User) -> Study:
    return make_rated_study(alice)


# -- the list ------------------------------------------------------------------------------------


def test_items_show_their_word_in_its_prompt_and_their_numbers(
    as_alice: Client, study: Study
) -> None:
    address = reverse("items", args=[study.pk])

    page = as_alice.get(address, {"sort": "highest", "pos": "NOUN"})

    assert "4 items" in text_of(as_alice.get(address, {"pos": "NOUN"}))
    assert "3 items" in text_of(page)
    assert "a red <mark>circle</mark> rolls quickly" in page.content.decode()
    assert "5.00 n = 1 , 1 opt-out" in text_of(page)
    assert "4.33 SD 0.58, n = 3" in text_of(page)
    assert "1 Bad: 0, 2 Poor: 0, 3 Fair: 0, 4 Good: 2, 5 Excellent: 1" in page.content.decode()


def test_a_query_that_says_nothing_is_told_and_left_out(as_alice: Client, study: Study) -> None:
    address = reverse("items", args=[study.pk])
    garbage = {"sort": "x", "pos": "x", "kind": "x", "batch": "x", "rated": "-1", "after": "x~y"}

    page = as_alice.get(address, garbage)

    assert page.status_code == 200
    assert page.content.decode().count('class="errorlist"') == 5
    assert "12 items" in text_of(page)


def test_a_filter_that_leaves_nothing_says_so(as_alice: Client, study: Study) -> None:
    page = as_alice.get(reverse("items", args=[study.pk]), {"word": "zebra"})

    assert "No item is like that" in text_of(page)


def test_without_items_the_page_says_when_they_come(as_alice: Client, alice: User) -> None:
    page = as_alice.get(reverse("items", args=[factories.make_study(alice).pk]))

    assert "drawn when the study is opened" in text_of(page)


# -- one item ------------------------------------------------------------------------------------


def test_an_item_shows_every_rating_and_the_way_to_its_rater(
    as_alice: Client, study: Study
) -> None:
    item = study.items.filter(pos="NOUN").order_by("pk")[2]
    Rating.objects.update(opacity_final=0.35, colour_map="viridis", map_toggles=2, hidden_ms=750)

    page = as_alice.get(reverse("item", args=[study.pk, item.public_id]))

    first, second = study.raters.order_by("number")[:2]
    assert f"{first.pseudonym} 5 Excellent" in text_of(page)
    assert f"{second.pseudonym} Picture too poor to judge" in text_of(page)
    assert "4.0 s 0.35 viridis, hidden 2 times" in text_of(page)
    assert reverse("rater", args=[study.pk, first.pseudonym]) in page.content.decode()
    assert "The word’s own map." in text_of(page)


def test_an_item_leads_to_the_next_of_the_list_it_was_come_to_from(
    as_alice: Client, study: Study
) -> None:
    best, second = study.items.filter(mean_score__isnull=False).order_by("-mean_score")[:2]

    page = as_alice.get(reverse("item", args=[study.pk, best.public_id]), {"sort": "highest"})

    onwards = reverse("item", args=[study.pk, second.public_id])
    assert f'rel="next" href="{onwards}?sort=highest&amp;"' in page.content.decode()
    assert 'rel="prev"' not in page.content.decode()


def test_a_control_says_how_its_map_was_made(as_alice: Client, study: Study) -> None:
    make_control(study, ItemKind.SHUFFLED_WORD, [[1]])
    item = study.items.get(kind=ItemKind.SHUFFLED_WORD)
    study.items.filter(pk=item.pk).update(made_from={"word": "circle", "word_index": 2})

    page = as_alice.get(reverse("item", args=[study.pk, item.public_id]))

    assert "The map of another word of this picture, “circle”." in text_of(page)


def test_a_gold_item_shows_what_is_right_and_why(as_alice: Client, alice: User) -> None:
    study = factories.make_open_study(alice, prompts=1)
    heat_map = HeatMap.objects.get(generation__study=study, word__text="quickly")
    item = gold.add_gold(
        study=study, user=alice, heat_map=heat_map, accepted=(2, 3), feedback="Only its blur."
    )

    page = text_of(as_alice.get(reverse("item", args=[study.pk, item.public_id])))

    assert "Right: 2 to 3 because: Only its blur." in page
    assert "Nobody has rated this item yet." in page


# -- words ---------------------------------------------------------------------------------------


def test_words_lead_to_all_their_maps(as_alice: Client, study: Study) -> None:
    page = as_alice.get(reverse("words", args=[study.pk]), {"search": "CIRC", "sort": "x"})

    assert "1 word " in text_of(page)
    assert "circle 4 7 6 4.00 0.89" in text_of(page)
    maps = reverse("word", args=[study.pk]) + "?lemma=circle"
    assert maps in page.content.decode()
    assert "All maps of “circle” 4" in text_of(as_alice.get(maps))
    assert "all 4 6 1 4.00 [" in text_of(as_alice.get(maps))


@pytest.mark.parametrize("query", [{}, {"lemma": "zebra"}, {"lemma": "x" * 300}, {"text": "a/&?"}])
def test_a_word_without_maps_says_so(as_alice: Client, study: Study, query: dict[str, str]) -> None:
    page = as_alice.get(reverse("word", args=[study.pk]), query)

    assert (page.status_code, "No picture of this study has a map" in text_of(page)) == (200, True)


def test_without_words_the_pages_say_where_they_come_from(as_alice: Client, alice: User) -> None:
    address = reverse("words", args=[factories.make_study(alice).pk])

    assert "They come with the pictures." in text_of(as_alice.get(address))
    assert "No word of this study is like that." in text_of(as_alice.get(address, {"search": "x"}))


def test_the_words_of_a_large_study_come_when_a_worker_has_counted_them(
    as_alice: Client, study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(analyses, "AT_ONCE", 0)
    monkeypatch.setattr(queue, "enqueue", lambda *_: None)
    address = reverse("words", args=[study.pk])
    waiting = as_alice.get(address, {"search": "circ"})
    assert "The numbers are being computed." in text_of(waiting)
    assert "?search=circ&amp;fragment=1" in waiting.content.decode()

    analyses.run(Analysis.objects.get(study=study))
    assert "circle 4 7 6 4.00 0.89" in text_of(as_alice.get(address, {"fragment": "1"}))


def test_it_is_said_that_conditions_are_counted_together(
    as_alice: Client, alice: User, study: Study
) -> None:
    conditions = [{"name": "all"}, {"name": "one head", "heads": [0]}]
    compared = factories.make_open_study(alice, conditions=conditions)
    for _ in range(2):
        factories.rate(factories.make_rater(compared), count=12)
    together = "The conditions of this study are counted together"
    table, one, results = (
        reverse(name, args=[compared.pk]) for name in ("words", "word", "results")
    )

    for page in (table, f"{one}?lemma=circle"):
        said = text_of(as_alice.get(page))
        assert together in said
        assert "Choose one on the results page to see it alone." in said
    assert "told apart. Choose one above to see it alone." in text_of(as_alice.get(results))
    assert together not in text_of(as_alice.get(reverse("words", args=[study.pk])))
    assert together not in text_of(as_alice.get(f"{reverse('word', args=[study.pk])}?lemma=circle"))


# -- a rater -------------------------------------------------------------------------------------


def test_a_rater_is_shown_with_answers_shares_and_measures(as_alice: Client, study: Study) -> None:
    rater = study.raters.order_by("number")[1]

    page = text_of(as_alice.get(reverse("rater", args=[study.pk, rater.pseudonym])))

    assert "4 answers 2 opt-outs median 4.8 s per item" in page
    assert "5 Excellent 1 25 % 22 %" in page
    assert "share of answers given within 800 ms 0.00 4 0.20, from n = 10 no" in page
    assert "Picture too poor to judge 4.8 s a red circle rolls quickly" in page


def test_an_excluded_rater_says_why(as_alice: Client, alice: User, study: Study) -> None:
    rater = study.raters.earliest("pk")
    quality.exclude(rater=rater, user=alice, reason="Told us so.")

    page = text_of(as_alice.get(reverse("rater", args=[study.pk, rater.pseudonym])))

    assert "Excluded: Told us so." in page


def test_a_rater_without_answers_is_a_page_too(as_alice: Client, alice: User) -> None:
    rater = factories.make_rater(factories.make_open_study(alice, prompts=1))

    page = text_of(as_alice.get(reverse("rater", args=[rater.study.pk, rater.pseudonym])))

    assert "This rater has not answered anything yet." in page
    assert "Nothing to measure yet." in page
