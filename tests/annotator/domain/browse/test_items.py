"""Items in every order, from any place on, and those worth a look."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from annotator.domain.browse import items
from annotator.domain.browse.items import CONTROLS, Place, Selection, Sort
from annotator.domain.results.filters import Filter
from annotator.enums import AssignmentPurpose, ItemKind, OptOut
from annotator.models import Item, Study
from tests import factories
from tests.annotator.answers import give, make_control, make_rated_study

# Of eight nouns: mean and spread in no order of each other, and two alike in everything.
ANSWERS = [[1, 5], [4, 4], [2, 3], [5], ["image_too_poor"], [3, 3], [3, 3], []]


@pytest.fixture
def study(alice: User) -> Study:
    return make_study_with(alice, ANSWERS)


def make_study_with(owner: User, answers: list[list[int | str]]) -> Study:
    study = factories.make_open_study(
        owner, prompts=8, parts_of_speech=["NOUN"], items_per_part_of_speech=8
    )
    raters = [factories.make_rater(study) for _ in range(2)]
    for item, row in zip(study.items.order_by("pk"), answers, strict=True):
        for rater, answer in zip(raters, row, strict=False):
            give(item, rater, answer)
    return study


def places(study: Study, selection: Selection) -> list[int]:
    """Which items a selection finds, page by page, by their place in `ANSWERS`."""
    order = list(study.items.order_by("pk").values_list("pk", flat=True))
    found: list[Item] = []
    place = None
    while True:
        page = items.page(study=study, selection=selection, place=place, size=2)
        found += page.items
        place = page.after
        if place is None:
            return [order.index(item.pk) for item in found]


def test_every_order_is_gone_through_without_a_gap_or_a_double(study: Study) -> None:
    assert {sort: places(study, Selection(sort)) for sort in Sort} == {
        Sort.ORDER: [0, 1, 2, 3, 4, 5, 6, 7],
        Sort.DISAGREEMENT: [0, 2, 6, 5, 1],
        Sort.LOWEST: [2, 0, 5, 6, 1, 3],
        Sort.HIGHEST: [3, 1, 6, 5, 0, 2],
        Sort.OPT_OUTS: [4, 7, 6, 5, 3, 2, 1, 0],
    }


def test_the_way_back_is_the_way_there(study: Study) -> None:
    for sort in Sort:
        there = [items.page(study=study, selection=Selection(sort), size=2)]
        while (place := there[-1].after) is not None:
            there.append(items.page(study=study, selection=Selection(sort), place=place, size=2))
        back = [there[-1]]
        while (place := back[-1].before) is not None:
            back.append(
                items.page(
                    study=study, selection=Selection(sort), place=place, backwards=True, size=2
                )
            )

        assert [page.items for page in back] == [page.items for page in reversed(there)]


def test_a_place_stays_where_it_was_when_ratings_come_in(study: Study) -> None:
    first = items.page(study=study, selection=Selection(Sort.LOWEST), size=2)
    last = first.items[-1]
    Item.objects.filter(pk=last.pk).update(count_5=100)

    following = items.page(study=study, selection=Selection(Sort.LOWEST), place=first.after, size=2)

    assert [item.mean_score for item in following.items] == [3.0, 3.0]


def test_neighbours_are_those_in_the_list(study: Study) -> None:
    for sort in Sort:
        selection = Selection(sort)
        listed = list(items.page(study=study, selection=selection).items)

        found = [items.neighbours(item=item, selection=selection) for item in listed]

        assert found == list(zip([None, *listed[:-1]], [*listed[1:], None], strict=True))
    unrated = study.items.order_by("pk")[7]
    assert items.neighbours(item=unrated, selection=Selection(Sort.LOWEST)) == (None, None)


def test_a_filter_leaves_what_it_says(study: Study) -> None:
    (batch,) = study.batches.all()
    expected = {
        Selection(pos="NOUN"): 8,
        Selection(pos="VERB"): 0,
        Selection(kind=ItemKind.REAL): 8,
        Selection(kind=CONTROLS): 0,
        Selection(word="Circle"): 8,
        Selection(word="circ"): 0,
        Selection(rated=1): 7,
        Selection(rated=2): 5,
        Selection(Sort.LOWEST, rated=1): 6,
        Selection(batch=batch.pk): 8,
        Selection(batch=batch.pk + 1): 0,
    }

    assert {one: items.count(study=study, selection=one) for one in expected} == expected
    assert {one: len(items.page(study=study, selection=one).items) for one in expected} == expected


def test_a_large_number_is_not_counted_to_the_end(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(items, "COUNT_UP_TO", 3)

    assert items.count(study=study, selection=Selection()) == 4


@pytest.mark.parametrize("place", [Place(1.5, 7), Place(2.0, 9_000_000), Place(1 / 3, 1)])
def test_a_place_is_read_as_it_was_written(place: Place) -> None:
    assert Place.read(str(place)) == place


@pytest.mark.parametrize("text", ["", "x", "1", "~", "nan~1", "inf~2", "1~2~3", f"1~{10**30}"])
def test_what_is_no_place_is_none(text: str) -> None:
    assert Place.read(text) is None


def test_a_selection_is_said_in_an_address_by_what_differs() -> None:
    assert Selection().query == ""
    assert Selection(Sort.LOWEST, word="a&b", rated=2).query == "sort=lowest&word=a%26b&rated=2&"


def test_worth_a_look_are_disagreement_low_real_maps_and_high_controls(alice: User) -> None:
    study = make_rated_study(alice, {"NOUN": [[1, 5], [4, 4]], "VERB": [[1, 2]]})
    assert [look.reason for look in items.worth_a_look(study=study)] == [
        "Most disagreement",
        "Lowest real maps",
    ]

    make_control(study, ItemKind.BLANK, [[1, 1], [4, 5]])
    looks = items.worth_a_look(study=study, size=1)

    assert [look.items[0].score_counts for look in looks] == [
        [1, 0, 0, 0, 1],
        [1, 1, 0, 0, 0],
        [0, 0, 0, 1, 1],
    ]
    assert looks[2].selection.query == "sort=highest&kind=controls&rated=2&"


def test_worth_a_look_is_within_what_was_chosen(alice: User) -> None:
    study = make_rated_study(alice, {"NOUN": [[1, 5]], "VERB": [[1, 2]]})
    looks = items.worth_a_look(study=study, within=Selection(pos="VERB"))
    assert [look.items[0].pos for look in looks] == ["VERB", "VERB"]
    assert looks[0].selection.query == "sort=disagreement&pos=VERB&kind=real&rated=2&"


@pytest.mark.parametrize(
    ("filter", "selection"),
    [
        (Filter(), Selection()),
        (Filter(pos=("NOUN",), batch=3), Selection(pos="NOUN", batch=3)),
        (Filter(pos=("NOUN", "VERB")), None),
        (Filter(people=True), None),
        (Filter(everybody=True), None),
    ],
)
def test_items_are_chosen_as_ratings_are_where_their_counts_can_tell(
    filter: Filter, selection: Selection | None
) -> None:
    assert items.selection_of(filter) == selection


def test_without_ratings_nothing_is_worth_a_look(alice: User) -> None:
    assert items.worth_a_look(study=factories.make_open_study(alice, prompts=1)) == []


def test_all_answers_of_an_item_come_with_their_history(study: Study) -> None:
    item = study.items.order_by("pk")[0]
    rater = factories.make_rater(study)
    give(item, rater, OptOut.IMAGE_TOO_POOR, purpose=AssignmentPurpose.REPEAT)

    answers = list(items.answers(item=item))

    assert [(one.answer and one.answer.score, one.purpose) for one in answers] == [
        (1, "rating"),
        (5, "rating"),
        (None, "repeat"),
    ]
    assert [one.earlier_answers for one in answers] == [[], [], []]
