"""The numbered pictures of a set of prompts, for people to draw masks on."""

from __future__ import annotations

from daam_engine.experiments.outcome import Outcome, Table
from daam_engine.experiments.plan import Plan, Progress, paint, subjects_of
from daam_engine.models import LoadedPipeline

_NOUNS = ("NOUN", "PROPN")


def run(loaded: LoadedPipeline, plan: Plan, progress: Progress) -> Outcome:
    """The very pictures that the same plan's segmentation looks at.

    The table can be uploaded to a study as it is: the site keeps `external_id`.
    """
    images, rows, provenance = {}, [], {}
    for subject, generated in paint(loaded, subjects_of(plan, loaded), plan, progress):
        images[subject.name] = generated.image
        nouns = ", ".join(word.text for word in subject.words if word.pos in _NOUNS)
        rows.append((subject.name, subject.prompt, subject.seed, nouns))
        provenance = generated.provenance
    table = Table(
        "pictures", "Pictures", ("external_id", "prompt", "seed", "nouns to find"), tuple(rows)
    )
    return Outcome("pictures", (table,), (), images, provenance)
