from collections import Counter

import pytest

from annotator.domain.rating import rater_order


def order(size: int, rater: int = 0, seed: int = 7) -> list[int]:
    return [rater_order.place(seed=seed, rater=rater, step=step, size=size) for step in range(size)]


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 16, 17, 100, 1025])
def test_an_order_has_every_place_once(size: int) -> None:
    assert sorted(order(size)) == list(range(size))


def test_an_order_can_be_told_again_from_seed_and_number() -> None:
    assert order(60) == order(60)
    assert order(60) != order(60, rater=1)
    assert order(60) != order(60, seed=8)


def test_going_on_after_the_last_step_goes_round() -> None:
    again = [rater_order.place(seed=7, rater=0, step=step, size=9) for step in range(9, 18)]

    assert again == order(9)


def test_every_place_comes_first_for_about_as_many_raters() -> None:
    firsts = Counter(
        rater_order.place(seed=7, rater=rater, step=0, size=10) for rater in range(10_000)
    )

    # Six standard deviations of a binomial of 10,000 tries at 1 in 10.
    assert sorted(firsts) == list(range(10))
    assert all(abs(count - 1000) < 180 for count in firsts.values())


def test_what_follows_a_place_differs_from_rater_to_rater() -> None:
    followers = set()
    for rater in range(200):
        places = order(50, rater=rater)
        followers.add(places[(places.index(0) + 1) % 50])

    assert len(followers) > 40


@pytest.mark.parametrize("percent", [1, 5, 10, 33, 100])
def test_checks_fall_due_one_in_every_stretch(percent: int) -> None:
    due = [
        rater_order.due(seed=7, rater=3, purpose="gold", given=given, percent=percent)
        for given in range(301)
    ]

    assert due[0] == 0
    assert due[300] in (3 * percent, 3 * percent + 1)
    for given, count in enumerate(due):
        assert given * percent // 100 <= count <= given * percent // 100 + 1


def test_no_check_is_due_where_none_is_wanted() -> None:
    assert rater_order.due(seed=7, rater=3, purpose="gold", given=50, percent=0) == 0


def test_where_checks_come_differs_from_rater_to_rater() -> None:
    def first(rater: int) -> int:
        return next(
            given
            for given in range(100)
            if rater_order.due(seed=7, rater=rater, purpose="gold", given=given, percent=5)
        )

    assert len({first(rater) for rater in range(50)}) > 10
