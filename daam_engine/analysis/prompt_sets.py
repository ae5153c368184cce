"""The paper's sets of prompts (§3.1): captions of COCO, and the same with words swapped."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np

from daam_engine.errors import InvalidRequestError
from daam_engine.files import read_json, read_text
from daam_engine.words import Word

PAPERS_PROMPTS = 100
# What can be swapped: the paper's text says nouns, its released code nouns and adjectives.
UNREAL = {"nouns": ("NOUN",), "adjectives": ("ADJ",), "both": ("NOUN", "ADJ")}
LONGEST = 2000  # characters: no text encoder reads as many, and parsing more takes minutes
_VOWELS = "aeiou"


def read_prompts(path: Path) -> list[str]:
    """The captions of a COCO captions file (.json), one per picture; else a prompt per line.

    Raises `InvalidRequestError`.
    """
    if path.suffix.lower() == ".json":
        prompts = _coco_captions(path)
    else:
        prompts = [line.strip() for line in read_text(path).splitlines() if line.strip()]
    if not prompts:
        raise InvalidRequestError(f"“{path}” holds no prompt; name another file.")
    refuse_long(prompts)
    return prompts


def refuse_long(prompts: Sequence[str]) -> None:
    """Raises `InvalidRequestError`, with the number of the prompt."""
    for number, prompt in enumerate(prompts, start=1):
        if len(prompt) > LONGEST:
            raise InvalidRequestError(
                f"Prompt {number} has {len(prompt):,} characters, beginning “{prompt[:40]}”; at "
                f"most {LONGEST:,} are read. Shorten it, or write one prompt per line."
            )


def sample(prompts: Sequence[str], count: int, *, seed: int = 0) -> list[str]:
    """`count` of the prompts (all, where there are fewer), in random order."""
    order = np.random.default_rng(seed).permutation(len(prompts))
    return [prompts[place] for place in order[:count]]


def unreal(
    prompts: Sequence[str],
    words: Sequence[Sequence[Word]],
    *,
    pos: Collection[str] = UNREAL["nouns"],
    seed: int = 0,
) -> list[str]:
    """Every word of `pos` swapped for another of its kind from the set's vocabulary.

    The paper's Unreal-Gen, which asks for things that no training picture shows together. All
    other words stay where they are (the published code drops them), but "a" and "an" follow the
    word that comes after them.
    """
    rng = np.random.default_rng(seed)
    pools = {
        kind: sorted({word.text for parsed in words for word in parsed if word.pos == kind})
        for kind in pos
    }
    return [
        _swapped(prompt, parsed, pools, rng) for prompt, parsed in zip(prompts, words, strict=True)
    ]


def _swapped(
    prompt: str, words: Sequence[Word], pools: dict[str, list[str]], rng: np.random.Generator
) -> str:
    texts = [word.text for word in words]
    for word in words:
        others = [text for text in pools.get(word.pos, []) if text != word.text]
        if others:
            texts[word.index] = others[int(rng.integers(len(others)))]
            before = word.index - 1
            if before >= 0 and texts[before].lower() in ("a", "an"):
                texts[before] = _article(texts[before], texts[word.index])
    gaps = [0, *(word.end for word in words)]
    pieces = [
        prompt[gaps[word.index] : word.start] + texts[word.index] for word in words
    ]  # what stands between two words stays
    return "".join(pieces) + prompt[gaps[-1] :]


def _article(article: str, following: str) -> str:
    right = "an" if following[0].lower() in _VOWELS else "a"
    return right.capitalize() if article[0].isupper() else right


def _coco_captions(path: Path) -> list[str]:
    content = read_json(path)
    try:
        by_picture = {row["image_id"]: row["caption"] for row in reversed(content["annotations"])}
        return [" ".join(by_picture[picture].split()) for picture in sorted(by_picture)]
    except (TypeError, KeyError, AttributeError) as error:
        raise InvalidRequestError(
            f"“{path}” is not a COCO captions file (a list “annotations” of objects with "
            "“image_id” and “caption”); name captions_val2014.json or a file like it."
        ) from error
