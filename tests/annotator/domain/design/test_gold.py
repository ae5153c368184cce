import pytest
from django.contrib.auth.models import User

from annotator.domain.design import gold
from annotator.domain.rating import assignments
from annotator.enums import ItemKind
from annotator.errors import WrongStatus
from annotator.models import HeatMap, Item, Study
from tests import factories


@pytest.fixture
def study(alice: User) -> Study:
    return factories.make_open_study(alice, gold_percent=100)


def spare(study: Study) -> HeatMap:
    found = HeatMap.objects.filter(generation__study=study, items=None).order_by("pk").first()
    assert found is not None
    return found


def add(study: Study, user: User) -> Item:
    return gold.add_gold(study=study, user=user, heat_map=spare(study), accepted=(5, 4))


def test_a_gold_item_has_accepted_scores_no_place_and_is_logged(study: Study, alice: User) -> None:
    item = add(study, alice)

    assert (item.kind, item.accepted_low, item.accepted_high) == (ItemKind.GOLD, 4, 5)
    assert (item.position, item.free_slots) == (None, 0)
    assert study.log.all()[0].text.startswith("Gold item “a”")


def test_a_gold_item_made_while_raters_work_is_given_to_them(study: Study, alice: User) -> None:
    item = add(study, alice)
    rater = factories.make_rater(study)

    factories.rate(rater, count=3)

    assert item.pk in rater.assignments.values_list("item", flat=True)


def test_a_word_in_the_plan_cannot_be_gold_as_well(study: Study, alice: User) -> None:
    heat_map = study.items.all()[0].heat_map

    with pytest.raises(WrongStatus, match="an item already"):
        gold.add_gold(study=study, user=alice, heat_map=heat_map, accepted=(1, 2))


def test_gold_goes_away_as_long_as_nobody_was_given_it(study: Study, alice: User) -> None:
    unseen, seen = add(study, alice), add(study, alice)
    gold.remove_gold(item=unseen, user=alice)
    assignments.draw(rater=factories.make_rater(study), count=5)

    with pytest.raises(WrongStatus, match="have seen"):
        gold.remove_gold(item=seen, user=alice)

    assert list(study.items.filter(kind=ItemKind.GOLD)) == [seen]


def test_an_item_of_the_plan_is_not_removed(study: Study, alice: User) -> None:
    with pytest.raises(WrongStatus, match="Only gold"):
        gold.remove_gold(item=study.items.all()[0], user=alice)
