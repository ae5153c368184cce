from django.contrib.auth.models import User

from annotator.domain.design import absent_words, studies
from annotator.domain.material import generations
from annotator.enums import GenerationStatus, ItemKind
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
    return absent_words.choose(study=made[0].study, batch=made)


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


def test_a_control_that_the_model_refuses_can_be_taken_out_of_the_plan(alice: User) -> None:
    study = factories.make_study(alice, absent_word_percent=10)
    generations.request_generations(study=study, prompts=[factories.make_prompt(study)])
    (claimed,) = generations.claim(keys=[study.generations.get().pk])
    generations.fail(generation=claimed, reason="It was too dark.")
    assert not absent_words.are_refused(study=study)
    Generation.objects.update(error=f"No probes. {absent_words.REFUSED}")
    assert absent_words.are_refused(study=study)

    assert absent_words.do_without(study=study, user=alice) == 1

    study.refresh_from_db()
    assert study.absent_word_percent == 0
    assert study.generations.get().status == GenerationStatus.QUEUED
    assert study.log.filter(text="Settings changed: absent_word_percent").exists()
