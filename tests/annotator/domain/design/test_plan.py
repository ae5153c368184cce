"""Items by part of speech and kind, and the maps that controls show."""

from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from django.conf import settings
from django.contrib.auth.models import User

from annotator.domain.design import studies
from annotator.domain.material import generations, pictures
from annotator.enums import CONTROL_KINDS, ItemKind
from annotator.errors import StudyNotReady
from annotator.models import Generation, Item, Prompt, Study
from tests import factories

STORED = ("shuffled_word_percent", "random_blob_percent", "blank_percent")


def with_pictures(owner: User, prompts: int = 12, **fields: object) -> Study:
    study = factories.make_study(owner, **{"items_per_part_of_speech": 4} | fields)
    for seed in range(prompts):
        factories.make_generation(factories.make_prompt(study, seed=seed))
    return study


def strata(study: Study) -> Counter[tuple[str, str]]:
    return Counter(study.items.values_list("pos", "kind"))


def content(study: Study) -> list[tuple[object, ...]]:
    """What was drawn, in words that do not depend on database keys."""
    items = study.items.select_related("heat_map__word__prompt")
    return [
        (i.position, i.kind, i.heat_map.word.text, i.heat_map.word.prompt.seed, i.made_from)
        for i in items
    ]


def item_of(study: Study, kind: ItemKind) -> Item:
    found = study.items.filter(kind=kind).select_related("heat_map__word__prompt").first()
    assert found is not None
    return found


def shown(item: Item) -> np.ndarray:
    return pictures.stored_map(item.map_file, item.map_row)


def own(item: Item) -> np.ndarray:
    return pictures.stored_map(item.heat_map.generation.maps_file, item.heat_map.row)


def finish(generation: Generation) -> None:
    """What a worker would do with a queued picture."""
    words = list(generation.prompt.words.all())
    picture, maps = factories.make_files(f"twin{generation.pk}", len(words), generation.prompt.seed)
    (claimed,) = generations.claim(keys=[generation.pk])
    assert generations.record(
        generation=claimed,
        recording=generations.Recording(
            image_file=picture,
            maps_file=maps,
            width=factories.SIDE,
            height=factories.SIDE,
            seconds=1,
            heat_maps=[
                generations.RecordedMap(word.index, row, 1.0, 0.0) for row, word in enumerate(words)
            ],
        ),
    )


# -- strata --------------------------------------------------------------------------------------


def test_every_part_of_speech_has_its_share_of_each_control(alice: User) -> None:
    study = with_pictures(alice, shuffled_word_percent=50, random_blob_percent=25, blank_percent=10)

    studies.open_study(study=study, user=alice)

    assert strata(study) == {
        (pos, kind): count
        for pos in ("NOUN", "VERB", "ADJ")
        for kind, count in {"real": 4, "shuffled_word": 2, "random_blob": 1, "blank": 1}.items()
    }
    assert set(study.items.values_list("free_slots", flat=True)) == {study.ratings_per_item}
    places = study.items.order_by("position").values_list("position", flat=True)
    assert list(places) == list(range(24))


def test_controls_take_words_that_nobody_else_judges_while_there_are_some(alice: User) -> None:
    fields = dict.fromkeys(STORED, 50)
    roomy, tight = with_pictures(alice, 12, **fields), with_pictures(alice, 4, **fields)

    for study in (roomy, tight):
        studies.open_study(study=study, user=alice)

    assert len(set(roomy.items.values_list("heat_map", flat=True))) == roomy.items.count() == 30
    assert len(set(tight.items.values_list("heat_map", flat=True))) == 12
    assert tight.items.count() == 30


def test_controls_lie_scattered_among_real_items(alice: User) -> None:
    study = with_pictures(alice, 20, items_per_part_of_speech=10, blank_percent=100)
    studies.open_study(study=study, user=alice)

    kinds = list(study.items.order_by("position").values_list("kind", flat=True))

    changes = sum(one != other for one, other in pairwise(kinds))
    assert changes > len(kinds) / 4


def test_the_same_prompts_and_seed_give_the_same_controls(alice: User) -> None:
    fields = dict.fromkeys(STORED, 50)
    one, other = (with_pictures(alice, **fields) for _ in range(2))

    for study in (one, other):
        studies.open_study(study=study, user=alice)

    assert content(one) == content(other)
    blobs = [shown(item_of(study, ItemKind.RANDOM_BLOB)) for study in (one, other)]
    np.testing.assert_array_equal(*blobs)


def test_opening_again_adds_no_second_set_of_controls(alice: User) -> None:
    study = with_pictures(alice, **dict.fromkeys(STORED, 50))
    studies.open_study(study=study, user=alice)
    before = strata(study)
    studies.pause_study(study=study, user=alice)

    studies.open_study(study=study, user=alice)

    assert strata(study) == before


# -- maps ----------------------------------------------------------------------------------------


def test_a_shuffled_word_shows_the_map_of_another_word_of_its_picture(alice: User) -> None:
    study = with_pictures(alice, shuffled_word_percent=50)
    studies.open_study(study=study, user=alice)

    for item in study.items.filter(kind=ItemKind.SHUFFLED_WORD):
        judged = item.heat_map.word
        other = judged.prompt.words.get(index=item.made_from["word_index"])
        assert other.lemma != judged.lemma
        assert other.pos in study.parts_of_speech
        assert item.map_file == item.heat_map.generation.maps_file
        assert item.map_row == other.heat_maps.get().row


def test_a_blob_has_the_values_of_the_words_own_map_elsewhere(alice: User) -> None:
    study = with_pictures(alice, random_blob_percent=25)
    studies.open_study(study=study, user=alice)
    item = item_of(study, ItemKind.RANDOM_BLOB)

    np.testing.assert_array_equal(np.sort(shown(item), axis=None), np.sort(own(item), axis=None))
    assert not np.array_equal(shown(item), own(item))


def test_a_blank_map_shows_nothing(alice: User) -> None:
    study = with_pictures(alice, blank_percent=25)
    studies.open_study(study=study, user=alice)
    item = item_of(study, ItemKind.BLANK)

    assert shown(item).shape == own(item).shape
    assert not shown(item).any()


def test_files_of_a_draw_that_failed_do_not_stay(alice: User) -> None:
    study = with_pictures(alice, 4, blank_percent=100)
    broken = study.generations.all()[2]
    (Path(settings.MEDIA_ROOT) / broken.maps_file).unlink()
    before = sorted(Path(settings.MEDIA_ROOT).rglob("*"))

    with pytest.raises(StudyNotReady, match="missing"):
        studies.open_study(study=study, user=alice)

    assert sorted(Path(settings.MEDIA_ROOT).rglob("*")) == before
    assert not study.items.exists()


# -- second pictures -----------------------------------------------------------------------------


def test_another_seeds_map_comes_from_a_second_picture_made_when_the_study_opens(
    alice: User,
) -> None:
    study = with_pictures(alice, other_seed_percent=25)

    with pytest.raises(StudyNotReady, match="second pictures are being made"):
        studies.open_study(study=study, user=alice)
    twins = Prompt.objects.filter(control_of__isnull=False)
    assert twins.count() == study.generations.queued().count() > 0
    with pytest.raises(StudyNotReady, match="still being made"):
        studies.open_study(study=study, user=alice)
    for generation in study.generations.queued():
        finish(generation)
    studies.open_study(study=study, user=alice)

    assert strata(study) == {
        (pos, kind): count
        for pos in ("NOUN", "VERB", "ADJ")
        for kind, count in {"real": 4, "other_seed": 1}.items()
    }
    item = item_of(study, ItemKind.OTHER_SEED)
    twin = item.heat_map.word.prompt.twins.get()
    assert item.made_from == {"seed": twin.seed}
    assert twin.seed != item.heat_map.word.prompt.seed
    assert item.map_file == twin.generations.get().maps_file
    assert item.map_row == twin.words.get(index=item.heat_map.word.index).heat_maps.get().row


def test_words_of_second_pictures_are_not_judged(alice: User) -> None:
    study = with_pictures(alice, 4, other_seed_percent=25)
    with pytest.raises(StudyNotReady):
        studies.open_study(study=study, user=alice)
    for generation in study.generations.queued():
        finish(generation)

    studies.open_study(study=study, user=alice)

    assert not study.items.filter(heat_map__word__prompt__control_of__isnull=False).exists()


def test_a_second_picture_that_failed_leaves_its_control_out(alice: User) -> None:
    study = with_pictures(alice, other_seed_percent=25)
    with pytest.raises(StudyNotReady):
        studies.open_study(study=study, user=alice)
    first, *others = study.generations.queued()
    (claimed,) = generations.claim(keys=[first.pk])
    generations.fail(generation=claimed, reason="Out of memory.")
    for generation in others:
        finish(generation)

    studies.open_study(study=study, user=alice)

    words = study.items.filter(kind=ItemKind.OTHER_SEED).values_list(
        "heat_map__word__prompt", flat=True
    )
    assert first.prompt.control_of_id not in words
    assert study.items.filter(kind=ItemKind.REAL).count() == 12


def test_every_control_kind_has_a_setting() -> None:
    assert {f"{kind}_percent" for kind in CONTROL_KINDS} <= {
        field.name for field in Study._meta.get_fields()
    }
