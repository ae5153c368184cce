"""How a pipeline reads its prompts: which tokens reach the denoiser, and in which of its rows."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from textwrap import shorten
from typing import Any

from torch import Tensor
from transformers import PreTrainedTokenizerBase

from daam_engine.errors import TracingError
from daam_engine.pipeline import TextToImagePipeline
from daam_engine.words import Token, token_limit, tokenize, tokens_within_limit

_QUOTED = 60  # characters of a prompt, in a complaint
Arguments = Mapping[str, Any]  # of one call of `pipeline.encode_prompt`


@dataclass(frozen=True)
class Encoder:
    """A text encoder; its tokens are `length` rows of the denoiser's text, from `first_row` on."""

    name: str
    tokenizer: PreTrainedTokenizerBase
    first_row: int
    length: int


Encoders = Callable[[TextToImagePipeline, Arguments], tuple[Encoder, ...]]


def clip(pipeline: TextToImagePipeline, _arguments: Arguments) -> tuple[Encoder, ...]:
    """Stable Diffusion, and SDXL, whose second encoder's features lie beside the first's."""
    return (Encoder("clip", pipeline.tokenizer, 0, token_limit(pipeline.tokenizer)),)


def t5(pipeline: TextToImagePipeline, arguments: Arguments) -> tuple[Encoder, ...]:
    """PixArt's only encoder."""
    return (Encoder("t5", pipeline.tokenizer, 0, arguments["max_sequence_length"]),)


def second_t5(pipeline: Any, arguments: Arguments) -> tuple[Encoder, ...]:
    """FLUX: of CLIP the denoiser gets one vector for the whole prompt, which no word owns."""
    return (Encoder("t5", pipeline.tokenizer_2, 0, arguments["max_sequence_length"]),)


def clip_then_t5(pipeline: Any, arguments: Arguments) -> tuple[Encoder, ...]:
    """Stable Diffusion 3, which can be loaded without its large T5."""
    limit = pipeline.tokenizer_max_length
    encoders = (Encoder("clip", pipeline.tokenizer, 0, limit),)
    if pipeline.text_encoder_3 is None:
        return encoders
    length = arguments["max_sequence_length"]
    return (*encoders, Encoder("t5", pipeline.tokenizer_3, limit, length))


@dataclass(frozen=True)
class Text:
    """A prompt as the encoders read it: each of `tokens` has its row among those traced."""

    prompt: str
    tokens: tuple[Token, ...]
    rows: tuple[int, ...]
    whole: tuple[Token, ...]  # as if no encoder had a limit


@dataclass(frozen=True, eq=False)
class Reading:
    """What one `encode_prompt` call said: the prompts, and where their tokens are.

    `columns` are the rows of the denoiser's text that are traced, one slice per encoder. `guided`
    is None where the pipeline runs the negative prompts as calls of their own.
    """

    texts: tuple[Text, ...]
    images_per_prompt: int
    guided: bool | None
    columns: tuple[slice, ...]
    embeddings: Tensor | None = None

    @property
    def n_images(self) -> int:
        return len(self.texts) * self.images_per_prompt

    @property
    def n_rows(self) -> int:
        """Rows of one denoiser call."""
        return self.n_images * (2 if self.guided else 1)

    @property
    def conditional_rows(self) -> slice:
        """diffusers puts the negative prompts' rows first, then those of the prompts."""
        return slice(self.n_rows - self.n_images, self.n_rows)

    @property
    def n_tokens(self) -> int:
        return sum(column.stop - column.start for column in self.columns)

    def text_of(self, image: int) -> Text:
        return self.texts[image // self.images_per_prompt]


def read(
    pipeline: TextToImagePipeline,
    arguments: Arguments,
    encoders: Sequence[Encoder],
    *,
    prompts: Sequence[str] | None = None,
    all_tokens: bool = False,
) -> Reading:
    """What the pipeline was asked for, from the arguments of its `encode_prompt`.

    `prompts` are the words behind embeddings that were given instead. Raises `TracingError`.
    """
    asked = _prompts(arguments, prompts)
    _refuse_other_texts(arguments)
    _refuse_disagreement(pipeline, asked)
    read_as = [_as_read(pipeline, arguments, prompt) for prompt in asked]
    lengths = [
        encoder.length if all_tokens else max(_n_tokens(encoder, text) for text in read_as)
        for encoder in encoders
    ]
    return Reading(
        texts=tuple(
            _text(prompt, text, encoders, lengths, all_tokens)
            for prompt, text in zip(asked, read_as, strict=True)
        ),
        images_per_prompt=arguments["num_images_per_prompt"],
        guided=arguments.get("do_classifier_free_guidance"),
        columns=tuple(
            slice(encoder.first_row, encoder.first_row + length)
            for encoder, length in zip(encoders, lengths, strict=True)
        ),
    )


def _prompts(arguments: Arguments, given: Sequence[str] | None) -> tuple[str, ...]:
    prompt = arguments.get("prompt")
    if prompt is not None:
        return (prompt,) if isinstance(prompt, str) else tuple(prompt)
    embeddings = arguments.get("prompt_embeds")
    if given is None:
        raise TracingError(
            "The pipeline was given embeddings instead of a prompt, so its words are unknown; "
            "name them: `trace(pipeline, prompts=[…])`."
        )
    if embeddings is not None and len(embeddings) != len(given):
        raise TracingError(
            f"There are embeddings of {len(embeddings)} prompts and the words of {len(given)}; "
            "give `trace` one prompt for each."
        )
    return tuple(given)


def _refuse_other_texts(arguments: Arguments) -> None:
    for name in ("prompt_2", "prompt_3"):
        other = arguments.get(name)
        if other is not None and other != arguments.get("prompt"):
            raise TracingError(
                f"`{name}` is not the prompt, so what the denoiser reads has two meanings; give "
                "the pipeline one prompt."
            )


def _refuse_disagreement(pipeline: Any, prompts: Sequence[str]) -> None:
    """SDXL lays two encoders' features side by side: a row must be the same token in both."""
    second = getattr(pipeline, "tokenizer_2", None)
    if second is None or type(second) is not type(pipeline.tokenizer):
        return
    for prompt in prompts:
        spans = [
            [(token.start, token.end) for token in tokens_within_limit(tokenizer, prompt)]
            for tokenizer in (pipeline.tokenizer, second)
        ]
        if spans[0] != spans[1]:
            raise TracingError(
                f"The model's two tokenizers cut “{shorten(prompt, _QUOTED)}” differently, so its "
                "rows belong to no one word; load both from the same model."
            )


def _as_read(pipeline: Any, arguments: Arguments, prompt: str) -> str:
    """The prompt after the pipeline's own cleaning, whose characters must stay in their places."""
    text = prompt
    if hasattr(pipeline, "_text_preprocessing"):  # PixArt
        (text,) = pipeline._text_preprocessing(text, arguments.get("clean_caption", False))
    if hasattr(pipeline, "maybe_convert_prompt"):  # textual inversion: one word, several vectors
        text = pipeline.maybe_convert_prompt(text, pipeline.tokenizer)
    if text.lower() != prompt.lower()[: len(text)] or prompt[len(text) :].strip():
        raise TracingError(
            f"{type(pipeline).__name__} reads “{shorten(prompt, _QUOTED)}” as "
            f"“{shorten(text, _QUOTED)}”, where words have other places; write the prompt as it "
            "is read, without white space before it."
        )
    return text


def _n_tokens(encoder: Encoder, text: str) -> int:
    return len(tokens_within_limit(encoder.tokenizer, text, encoder.length))


def _text(
    prompt: str,
    read_as: str,
    encoders: Sequence[Encoder],
    lengths: Sequence[int],
    all_tokens: bool,
) -> Text:
    tokens: list[Token] = []
    whole: list[Token] = []
    rows: list[int] = []
    first = 0
    for encoder, length in zip(encoders, lengths, strict=True):
        found = tokens_within_limit(encoder.tokenizer, read_as, encoder.length)
        if all_tokens:
            found += _padding(encoder, len(found))
        rows += range(first, first + len(found))
        tokens += _named(found, encoder, len(tokens))
        whole += _named(tokenize(encoder.tokenizer, read_as), encoder, 0)
        first += length
    return Text(prompt, tuple(tokens), tuple(rows), tuple(whole))


def _padding(encoder: Encoder, n_tokens: int) -> tuple[Token, ...]:
    text = str(encoder.tokenizer.pad_token)
    return tuple(Token(index, text, 0, 0) for index in range(n_tokens, encoder.length))


def _named(tokens: Sequence[Token], encoder: Encoder, first: int) -> list[Token]:
    return [
        dataclasses.replace(token, index=first + token.index, encoder=encoder.name)
        for token in tokens
    ]
