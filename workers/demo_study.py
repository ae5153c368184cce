"""The demo's study and the account it belongs to: made once, found again ever after."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from django.contrib.auth.models import User

from annotator.domain import experiments
from annotator.domain.design import studies
from annotator.domain.material import generations
from annotator.enums import ExperimentStatus, GenerationStatus, PartOfSpeech
from annotator.models import Experiment, Generation, Study

PROMPTS = Path(__file__).with_name("demo_prompts.csv")
USER_NAME = "demo"
STUDY_NAME = "Words in small drawings"
SIMULATED_RATERS = 6
# Two more than the simulated raters fill, so that a person finds something to rate.
RATINGS_PER_ITEM = SIMULATED_RATERS + 2
# What the prompts are made of, but not proper nouns: a few colours are mistaken for them.
PARTS_OF_SPEECH = (
    PartOfSpeech.NOUN,
    PartOfSpeech.VERB,
    PartOfSpeech.ADJ,
    PartOfSpeech.ADV,
    PartOfSpeech.NUM,
    PartOfSpeech.ADP,
    PartOfSpeech.DET,
    PartOfSpeech.CCONJ,
    PartOfSpeech.PUNCT,
)


@dataclass(frozen=True)
class Login:
    user: User
    password: str


def login(file: Path) -> Login:
    """The demo's account and its password, which `file` keeps and only its owner may read."""
    user, _ = User.objects.get_or_create(
        username=USER_NAME, defaults={"is_staff": True, "is_superuser": True}
    )
    if file.exists():
        password = file.read_text().split()[-1]
    else:
        password = secrets.token_urlsafe(12)
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as stream:
            stream.write(f"{USER_NAME} {password}\n")
    if not user.check_password(password):
        user.set_password(password)
        user.save(update_fields=["password"])
    return Login(user, password)


def study_of(user: User) -> Study:
    found = Study.objects.filter(owner=user, name=STUDY_NAME).order_by("pk").first()
    if found is not None:
        return found
    study = Study(
        name=STUDY_NAME,
        seed=2026,
        parts_of_speech=[part.value for part in PARTS_OF_SPEECH],
        items_per_part_of_speech=8,
        ratings_per_item=RATINGS_PER_ITEM,
        items_per_rater=100,
        shuffled_word_percent=25,
        random_blob_percent=25,
        repeat_percent=5,
    )
    return studies.create_study(study=study, owner=user)


def take_back_claims() -> None:
    """What still counts as running was cut off: call only while no worker runs."""
    for generation in Generation.objects.filter(status=GenerationStatus.RUNNING):
        generations.release(generation=generation)
    for experiment in Experiment.objects.filter(status=ExperimentStatus.RUNNING):
        experiments.release(experiment=experiment)
