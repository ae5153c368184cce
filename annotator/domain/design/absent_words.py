"""Words that a picture is asked about though its prompt lacks them: a control of the method."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from annotator.domain.design import studies
from annotator.domain.material import generations
from annotator.models import Generation, Study, Word


def choose(*, study: Study, batch: Sequence[Generation]) -> list[str]:
    """For each picture a word of another prompt that is not in its own; empty where none is wanted.

    Of the study's parts of speech, by the study's seed and the prompt. Also empty where one of the
    prompts has all the words there are: pictures of a batch are asked alike.
    """
    if not study.absent_word_percent:
        return []
    words = Word.objects.filter(prompt__study=study)
    judged = words.filter(pos__in=study.parts_of_speech).order_by("lemma", "text")
    known = dict(judged.values_list("lemma", "text").distinct())
    own: dict[int, set[str]] = {generation.prompt_id: set() for generation in batch}
    for prompt, lemma in words.filter(prompt__in=own).values_list("prompt", "lemma"):
        own[prompt].add(lemma)
    absent = [_absent(study, one, known, own[one.prompt_id]) for one in batch]
    return absent if all(absent) else []


# What a failed picture's sentence ends with where its model cannot be asked about such words.
REFUSED = "Retry without absent words."


def are_refused(*, study: Study) -> bool:
    """Whether pictures failed because absent words were asked for."""
    return study.generations.failed().filter(error__endswith=REFUSED).exists()


@transaction.atomic
def do_without(*, study: Study, user: AbstractBaseUser) -> int:
    """Take this control out of the plan and queue the failed pictures again. Returns how many.

    Raises `WrongStatus` where finished pictures were asked about absent words already.
    """
    study.absent_word_percent = 0
    studies.change_settings(study=study, user=user, changed=["absent_word_percent"])
    return generations.retry_failed(study=study)


def _absent(study: Study, generation: Generation, known: dict[str, str], own: set[str]) -> str:
    lemmas = [lemma for lemma in known if lemma not in own]
    if not lemmas:
        return ""
    prompt = generation.prompt
    text = f"{study.seed}\0absent word\0{prompt.text}\0{prompt.seed}"
    chosen = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) % len(lemmas)
    return known[lemmas[chosen]]
