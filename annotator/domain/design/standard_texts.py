"""The texts that a new study is filled in with, in each language of the raters' pages.

From then on they are the study's own: raters read them as the researcher leaves them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation

from annotator.enums import Task
from annotator.models.study import DEFAULT_LABELS, DEFAULT_QUESTIONS


@dataclass(frozen=True)
class StandardTexts:
    """`labels` from worst to best; `questions` and consent by task."""

    language: str
    questions: Mapping[Task, str]
    labels: Sequence[str]

    def consent(self, task: Task) -> str:
        with translation.override(self.language):
            return render_to_string("rater/_consent_text.html", {"task": task}).strip()


_ALL = (
    StandardTexts("en", DEFAULT_QUESTIONS, DEFAULT_LABELS),
    StandardTexts(
        "zh-hans",
        {
            Task.RATING: "高亮部分在多大程度上显示了这张图片中“{word}”所指的内容？",
            Task.SEGMENTATION: "这张图片中“{word}”所指的内容在哪里？请把它全部涂上。",
            Task.PRESENCE: "这张图片里有下面哪些东西？",
        },
        ("很差", "差", "一般", "好", "很好"),
    ),
)
LANGUAGES = [(code, name) for code, name in settings.LANGUAGES]


def texts_in(language: str) -> StandardTexts:
    """English where there are none."""
    return next((texts for texts in _ALL if texts.language == language), _ALL[0])


def question_for(task: Task, question: str) -> str:
    """A standard question left as it came becomes the task's own, in its language."""
    for texts in _ALL:
        if question == texts.questions[Task.RATING]:
            return texts.questions[task]
    return question


def consent_for(task: Task, consent: str) -> str:
    """The same of the consent."""
    for texts in _ALL:
        if consent == texts.consent(Task.RATING):
            return texts.consent(task)
    return consent
