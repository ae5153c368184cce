"""The exact syntax of a scene's caption: what a parser has to guess, the drawing knows.

Relations are enhanced Universal Dependencies (`nmod:above`, `conj:and`), as in the paper.
"""

from __future__ import annotations

from collections.abc import Sequence

from daam_engine.bundled.scenes import Scene, SceneWord
from daam_engine.words import Word

_POS = {
    "determiner": "DET",
    "size": "ADJ",
    "texture": "ADJ",
    "colour": "ADJ",
    "numeral": "NUM",
    "noun": "NOUN",
    "verb": "VERB",
    "adverb": "ADV",
    "adposition": "ADP",
    "conjunction": "CCONJ",
    "punctuation": "PUNCT",
    "place": "NOUN",
}
_BEFORE_ITS_NOUN = {"determiner": "det", "adposition": "case", "conjunction": "cc"}
_OF_ITS_NOUN = {"size": "amod", "texture": "amod", "colour": "amod", "numeral": "nummod"}


def words_of(scene: Scene) -> tuple[Word, ...]:
    """The words of the caption with their true parts of speech, relations and heads."""
    words, end = [], 0
    for index, said in enumerate(scene.words):
        start = scene.caption.index(said.text, end)
        end = start + len(said.text)
        relation, head = _relation(scene.words, index)
        pos = _pos(scene.words, index)
        words.append(Word(index, said.text, start, end, said.text, pos, relation, head))
    return tuple(words)


def words_of_one_thing(scene: Scene) -> list[list[int]]:
    """For everything the caption speaks of, the indices of the words that say something of it."""
    groups: dict[tuple[int, ...], list[int]] = {}
    for index, said in enumerate(scene.words):
        if said.things:
            groups.setdefault(said.things, []).append(index)
    return list(groups.values())


def _relation(words: Sequence[SceneWord], index: int) -> tuple[str, int]:
    """What the word at `index` is, and to which."""
    role, root = words[index].role, _root(words)
    if index == root:
        return "root", root
    if words[index].text == ".":
        return "punct", root
    if role in _BEFORE_ITS_NOUN or role == "punctuation":
        return _BEFORE_ITS_NOUN.get(role, "punct"), _next_nominal(words, index)
    if role == "adverb":
        return "advmod", _find(words, "verb")
    if role in _OF_ITS_NOUN or (role == "verb" and index < root) or not _is_nominal(words, index):
        return _OF_ITS_NOUN.get(role, "amod"), _next_nominal(words, index)
    return _nominal(words, index, root)


def _nominal(words: Sequence[SceneWord], index: int, root: int) -> tuple[str, int]:
    """What a noun is that is not the root: it is introduced by a word before it, or a subject."""
    for before in range(index - 1, -1, -1):
        role, text = words[before].role, words[before].text
        if role == "adposition":
            return f"{'obl' if words[root].role == 'verb' else 'nmod'}:{text}", root
        if role == "conjunction" or text == ",":
            return "conj:and", root
        if _is_nominal(words, before):
            break
    return "nsubj", root


def _root(words: Sequence[SceneWord]) -> int:
    """The verb of a sentence ("a star glows"), and else the first noun ("a glowing star")."""
    noun = _find(words, "noun")
    verbs = [at for at, said in enumerate(words) if said.role == "verb" and at > noun]
    return verbs[0] if verbs else noun


def _find(words: Sequence[SceneWord], role: str) -> int:
    return next(at for at, said in enumerate(words) if said.role == role)


def _next_nominal(words: Sequence[SceneWord], index: int) -> int:
    return next(at for at in range(index + 1, len(words)) if _is_nominal(words, at))


def _is_nominal(words: Sequence[SceneWord], index: int) -> bool:
    """Nouns, places, and of "dark background" the second word, whose role both have."""
    role = words[index].role
    if role == "background":
        return index > 0 and words[index - 1].role == "background"
    return role in ("noun", "place")


def _pos(words: Sequence[SceneWord], index: int) -> str:
    role = words[index].role
    if role == "background":
        return "NOUN" if _is_nominal(words, index) else "ADJ"
    return _POS[role]
