"""Words that a picture is asked about though its prompt lacks them: a control of the method."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from annotator.models import Generation, Study, Word


def choose(*, study: Study, generations: Sequence[Generation]) -> list[str]:
    """For each picture a word of another prompt that is not in its own; empty where none is wanted.

    Of the study's parts of speech, by the study's seed and the prompt. Also empty where one of the
    prompts has all the words there are: pictures of a batch are asked alike.
    """
    if not study.absent_word_percent:
        return []
    words = Word.objects.filter(prompt__study=study)
    judged = words.filter(pos__in=study.parts_of_speech).order_by("lemma", "text")
    known = dict(judged.values_list("lemma", "text").distinct())
    own: dict[int, set[str]] = {generation.prompt_id: set() for generation in generations}
    for prompt, lemma in words.filter(prompt__in=own).values_list("prompt", "lemma"):
        own[prompt].add(lemma)
    absent = [_absent(study, one, known, own[one.prompt_id]) for one in generations]
    return absent if all(absent) else []


def _absent(study: Study, generation: Generation, known: dict[str, str], own: set[str]) -> str:
    lemmas = [lemma for lemma in known if lemma not in own]
    if not lemmas:
        return ""
    prompt = generation.prompt
    text = f"{study.seed}\0absent word\0{prompt.text}\0{prompt.seed}"
    chosen = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) % len(lemmas)
    return known[lemmas[chosen]]
