from django.contrib.auth.models import User

from annotator.domain import absent_words, studies
from annotator.enums import ItemKind
from annotator.models import Generation, Study
from tests import factories

CAT = (("a", "DET", "det", 1), ("cat", "NOUN", "nsubj", 2), ("sleeps", "VERB", "ROOT", 2))
DOG = (("a", "DET", "det", 1), ("dog", "NOUN", "nsubj", 2), ("runs", "VERB", "ROOT", 2))


def with_pictures(owner: User, *sentences: tuple, **fields: object) -> list[Generation]:  # type: ignore[type-arg]
    study = factories.make_study(owner, **fields)
    return [
        factories.make_generation(factories.make_prompt(study, seed=seed, sentence=sentence))
        for seed, sentence in enumerate(sentences)
    ]


def chosen(made: list[Generation]) -> list[str]:
    return absent_words.choose(study=made[0].study, generations=made)


def test_an_absent_word_is_of_another_prompt_and_of_the_studys_parts_of_speech(
    alice: User,
) -> None:
    made = with_pictures(alice, CAT, DOG, absent_word_percent=10, parts_of_speech=["NOUN"])

    assert chosen(made) == ["dog", "cat"]


def test_the_choice_follows_from_the_seed_and_the_prompt(alice: User) -> None:
    sentences = (CAT, DOG, factories.SENTENCE)
    one, other = (with_pictures(alice, *sentences, absent_word_percent=10) for _ in range(2))

    assert chosen(one) == chosen(list(reversed(other)))[::-1]


def test_nothing_is_asked_where_no_such_control_is_wanted_or_no_word_is_absent(alice: User) -> None:
    assert chosen(with_pictures(alice, CAT, DOG)) == []
    assert chosen(with_pictures(alice, CAT, CAT, absent_word_percent=10)) == []


def test_the_stored_map_is_what_the_control_shows(alice: User) -> None:
    made = with_pictures(alice, CAT, DOG, absent_word_percent=100, items_per_part_of_speech=2)
    with_map = made[0]
    Generation.objects.filter(pk=with_map.pk).update(
        absent_word="dog", absent_map_file="maps/absent.safetensors"
    )
    study = Study.objects.get(pk=with_map.study_id)

    studies.open_study(study=study, user=alice)

    controls = study.items.filter(kind=ItemKind.ABSENT_WORD)
    assert {item.heat_map.generation_id for item in controls} == {with_map.pk}
    assert {(item.map_file, item.map_row, item.made_from["word"]) for item in controls} == {
        ("maps/absent.safetensors", 0, "dog")
    }
