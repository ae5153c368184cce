import pytest
from django.contrib.auth.models import User

from annotator.domain.design import studies
from annotator.domain.material import generations
from annotator.enums import StudyStatus
from annotator.errors import StudyNotReady, WrongStatus
from annotator.models import Study
from tests import factories


def drawn(study: Study) -> list[tuple[str, int, int]]:
    """What was drawn, in words that do not depend on database keys."""
    items = study.items.select_related("heat_map__word__prompt")
    return [(i.pos, i.heat_map.word.prompt.seed, i.position) for i in items]


def with_pictures(owner: User, seeds: list[int], **fields: object) -> Study:
    study = factories.make_study(owner, **fields)
    for seed in seeds:
        factories.make_generation(factories.make_prompt(study, seed=seed))
    return study


def test_opening_draws_the_plan_from_each_stratum(alice: User) -> None:
    study = with_pictures(alice, [0, 1, 2, 3, 4], items_per_part_of_speech=3)

    assert studies.open_study(study=study, user=alice) == 9

    study.refresh_from_db()
    assert study.status == StudyStatus.OPEN
    assert sorted(pos for pos, _, _ in drawn(study)) == ["ADJ"] * 3 + ["NOUN"] * 3 + ["VERB"] * 3
    assert sorted(position for _, _, position in drawn(study)) == list(range(9))


def test_the_same_prompts_and_seed_give_the_same_items(alice: User) -> None:
    one = with_pictures(alice, [0, 1, 2, 3, 4], items_per_part_of_speech=2)
    other = with_pictures(alice, [3, 1, 4, 0, 2], items_per_part_of_speech=2)

    for study in (one, other):
        studies.open_study(study=study, user=alice)

    assert drawn(one) == drawn(other)


def test_another_seed_gives_other_items(alice: User) -> None:
    one = with_pictures(alice, list(range(8)), items_per_part_of_speech=2, seed=1)
    other = with_pictures(alice, list(range(8)), items_per_part_of_speech=2, seed=2)

    for study in (one, other):
        studies.open_study(study=study, user=alice)

    assert drawn(one) != drawn(other)


def test_reopening_adds_what_the_plan_lacks_and_keeps_what_is_there(alice: User) -> None:
    study = with_pictures(alice, [0, 1], items_per_part_of_speech=3)
    studies.open_study(study=study, user=alice)
    before = drawn(study)
    studies.pause_study(study=study, user=alice)
    factories.make_generation(factories.make_prompt(study, seed=2))

    assert studies.open_study(study=study, user=alice) == 9

    assert drawn(study)[: len(before)] == before


def test_a_study_with_unfinished_pictures_does_not_open(alice: User) -> None:
    study = with_pictures(alice, [0])
    waiting = factories.make_prompt(study, seed=1)
    generations.request_generations(study=study, prompts=[waiting])

    with pytest.raises(StudyNotReady, match="1 pictures are still being made"):
        studies.open_study(study=study, user=alice)

    study.refresh_from_db()
    assert (study.status, study.items.count()) == (StudyStatus.DRAFT, 0)


def test_a_study_without_words_to_rate_does_not_open(alice: User) -> None:
    study = with_pictures(alice, [0], parts_of_speech=["PROPN"])

    with pytest.raises(StudyNotReady, match="nothing to rate"):
        studies.open_study(study=study, user=alice)


def test_a_draft_cannot_be_paused_and_a_closed_study_stays_closed(alice: User) -> None:
    study = with_pictures(alice, [0])
    with pytest.raises(WrongStatus):
        studies.pause_study(study=study, user=alice)
    studies.open_study(study=study, user=alice)
    studies.close_study(study=study, user=alice)

    with pytest.raises(WrongStatus):
        studies.open_study(study=study, user=alice)


def test_what_was_done_is_in_the_log(alice: User) -> None:
    study = with_pictures(alice, [0])
    studies.open_study(study=study, user=alice)
    studies.pause_study(study=study, user=alice)

    assert [(entry.text, entry.user) for entry in study.log.all()] == [
        ("Paused", alice),
        ("Opened with 3 items", alice),
    ]
