"""Dependency relations in one scheme, Universal Dependencies, whoever parsed the prompt.

spaCy's English pipelines speak ClearNLP's scheme (CLEAR). It differs from Universal Dependencies
not in names alone: in "a tree beside a brick", CLEAR hangs *brick* on *beside* (pobj) and that on
*tree* (prep), Universal Dependencies hang *brick* on *tree* (nmod) and *beside* on *brick* (case).
The paper's relations (nmod:of, case, conj:and) are enhanced Universal Dependencies.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Literal

from daam_engine.words import Word

Scheme = Literal["CLEAR", "UD"]

_NOMINAL = {"NOUN", "PROPN", "PRON", "NUM", "ADJ"}
_PREPOSITIONS = {"prep", "agent", "dative"}
# CLEAR's names for what Universal Dependencies name otherwise; those not listed are the same.
_RENAMED = {
    "ROOT": "root",
    "acomp": "xcomp",
    "agent": "obl:agent",
    "attr": "xcomp",
    "auxpass": "aux:pass",
    "csubjpass": "csubj:pass",
    "dative": "iobj",
    "dobj": "obj",
    "intj": "discourse",
    "meta": "dep",
    "neg": "advmod",
    "npadvmod": "obl:npmod",
    "nsubjpass": "nsubj:pass",
    "oprd": "xcomp",
    "pcomp": "advcl",
    "pobj": "obl",
    "poss": "nmod:poss",
    "preconj": "cc:preconj",
    "predet": "det:predet",
    "prep": "obl",
    "prt": "compound:prt",
    "quantmod": "advmod",
    "relcl": "acl:relcl",
}


def scheme_of(relations: Collection[str]) -> Scheme:
    """CLEAR where a parser's `relations` have prepositional objects, which only CLEAR knows."""
    return "CLEAR" if "pobj" in relations else "UD"


def to_universal(words: Sequence[Word]) -> tuple[Word, ...]:
    """The words of one prompt, parsed in CLEAR, with relations and heads of enhanced UD.

    Copulas stay heads (UD makes their complement the head), since nothing in the paper's table
    hangs on them.
    """
    words = [_conjunction(word, words) for word in words]
    objects = {word.head: word for word in words if word.dependency == "pobj"}
    turned = {word.index: word for word in words}
    for index, noun in objects.items():
        preposition = turned[index]
        if preposition.dependency in _PREPOSITIONS:
            head = _first_noun(words[preposition.head], objects)
            kind = "nmod" if head.pos in _NOMINAL else "obl"
            relation = f"{kind}:{preposition.text.lower()}"
            turned[noun.index] = replace(noun, dependency=relation, head=head.index)
            turned[index] = replace(preposition, dependency="case", head=noun.index)
    return tuple(
        replace(word, dependency=_RENAMED.get(word.dependency, word.dependency))
        for word in turned.values()
    )


def _first_noun(head: Word, objects: dict[int, Word]) -> Word:
    """Of a preposition that hangs on another ("from under the bed"), the noun of that other."""
    return objects.get(head.index, head) if head.dependency in _PREPOSITIONS else head


def _conjunction(word: Word, words: Sequence[Word]) -> Word:
    """CLEAR chains conjuncts and hangs "and" on the one before it; UD hangs conjuncts on the
    first, and "and" on the one that follows."""
    if word.dependency == "conj":
        first = _first_conjunct(word, words)
        return replace(word, dependency=_conjunct_label(first, words), head=first.index)
    if word.dependency in ("cc", "punct"):
        following = (
            other.index
            for other in words[word.index :]
            if other.dependency == "conj" and other.head == word.head
        )
        return replace(word, head=next(following, word.head))
    return word


def _first_conjunct(word: Word, words: Sequence[Word]) -> Word:
    while word.dependency == "conj":
        word = words[word.head]
    return word


def _conjunct_label(first: Word, words: Sequence[Word]) -> str:
    """ "conj:and", after the last coordinator of the chain that begins with `first`."""
    said = [
        other.text.lower()
        for other in words
        if other.dependency == "cc" and _first_conjunct(words[other.head], words) == first
    ]
    return f"conj:{said[-1]}" if said else "conj"
