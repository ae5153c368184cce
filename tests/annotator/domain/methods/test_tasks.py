"""Each task has a report in its own words: of masks, and of things that are there."""

from __future__ import annotations

import tracemalloc
import uuid
from io import BytesIO

import krippendorff
import numpy as np
import pytest
from django.contrib.auth.models import User
from PIL import Image
from pycocotools import mask as coco_mask

from annotator.domain.design import studies
from annotator.domain.methods import drawn, seen
from annotator.domain.methods.counts import counts
from annotator.domain.methods.facts import collect
from annotator.domain.methods.findings import Findings
from annotator.domain.methods.interface import caption, interface_png, shown_item
from annotator.domain.methods.topics import topics
from annotator.domain.rating import (
    assignments,
    masks,
    presence,
    presence_agreement,
    presence_figures,
)
from annotator.domain.rating.assignments import Answer
from annotator.domain.rating.presence import Seen
from annotator.models import Study
from tests import factories
from tests.annotator.domain.rating.test_presence import CIRCLE_AND_STAR, HEART

pytestmark = pytest.mark.django_db

OF_RATINGS = ("five points", "opinion", "MOS", "heat map of", "Real maps", "Scale")


def answer_all(study: Study, *answers: dict) -> None:
    """One more rater, who gives these answers in the study's order."""
    held = {
        one.item_id: one for one in assignments.draw(rater=factories.make_rater(study), count=9)
    }
    for item, answer in zip(study.items.order_by("position"), answers, strict=True):
        assignments.submit_rating(
            assignment=held[item.pk], answer=Answer(answer_id=uuid.uuid4(), **answer)
        )


def mask(width: int) -> dict:
    """The upper `width` columns of the picture's first row."""
    pixels = np.zeros((factories.SIDE, factories.SIDE), dtype=np.uint8, order="F")
    pixels[0, :width] = 1
    found = coco_mask.encode(pixels)
    return {"mask": {"size": list(found["size"]), "counts": found["counts"].decode("ascii")}}


def told(study: Study, findings: Findings) -> tuple[dict[str, str], str]:
    """The checklist's answers, and all the sentences."""
    facts = collect(study=study, counts=counts(study=study), findings=findings)
    rows = [row for topic in topics(facts) for row in topic.rows]
    return {row.asked: row.answer for row in rows}, " ".join(row.sentence for row in rows)


@pytest.fixture
def drawings(alice: User) -> Study:
    study = factories.make_open_study(
        alice, task="segmentation", parts_of_speech=["NOUN"], prompts=2, ratings_per_item=2,
        question="Where is “{word}”? Paint over it.",
    )  # fmt: skip
    answer_all(study, mask(2), mask(0))
    answer_all(study, mask(4), {"opt_out": "image_too_poor"})
    return study


def test_of_drawings(drawings: Study) -> None:
    answers, prose = told(drawings, drawn.findings(masks.figures(study=drawings)))

    assert "Raters were asked: “Where is ‘{word}’? Paint over it.”" in prose
    assert answers["Answers"] == "2 masks; “not in the picture”: 1; 1 opt-out"
    assert answers["Agreement: intersection over union"].startswith("0.50 (no interval) (1 thing,")
    assert answers["Raters per item"] == "planned 2, reached 2"
    assert answers["Items"] == "noun 2"
    assert answers["Things that nobody found"] == "1 of 2"
    assert "without a heat map" in answers["Display"]
    assert not [word for word in OF_RATINGS if word in prose or word in " ".join(answers)]


def test_the_picture_shows_what_was_drawn(drawings: Study) -> None:
    item = shown_item(drawings)
    assert item is not None

    sheet = np.asarray(Image.open(BytesIO(interface_png(study=drawings, item=item)))).astype(int)

    side = factories.SIDE
    changed = np.abs(sheet[:, :side] - sheet[:, -side:]).max(axis=2) > 0
    assert changed[0, :4].all()
    assert changed.sum() == 4
    assert "what its raters drew for “circle”" in caption(study=drawings, item=item)


@pytest.fixture
def things(alice: User) -> Study:
    study = factories.make_study(
        alice, task="presence", parts_of_speech=["NOUN"], ratings_per_item=3,
        question="Which of these things are in this picture?",
    )  # fmt: skip
    for seed, sentence in enumerate((CIRCLE_AND_STAR, HEART)):
        batch = factories.make_batch(study, file_name=f"{seed}.csv")
        prompt = factories.make_prompt(study, seed=seed, sentence=sentence, batch=batch)
        factories.make_generation(prompt)
    studies.open_study(study=study, user=alice)
    studies.invite(study=study)
    study.refresh_from_db()
    seen_by = [["circle", "star"], ["heart"]], [["circle", "star"], []], [["circle"], []]
    for both in seen_by:
        by_prompt = dict(zip(("a circle and star", "one heart"), both, strict=True))
        items = study.items.order_by("position").select_related("heat_map__word__prompt")
        answer_all(study, *({"seen": by_prompt[one.heat_map.word.prompt.text]} for one in items))
    return study


def test_of_things_seen(things: Study) -> None:
    answers, prose = told(things, seen.findings(presence_figures.figures(study=things)))

    assert answers["Answers"] == "6, and 0 opt-outs"
    # Two of three see the star; one of three the heart.
    assert answers["Share of right pictures"].startswith("0.50 [0.00, 1.00] (2 pictures)")
    assert answers["By file of prompts"].startswith("0.csv 1.00")
    assert answers["Things seen that are not named"].startswith("in 0 of 2 pictures")
    assert answers["Items"] == "2 pictures"
    assert "Which of these things are in this picture?”" in prose
    assert not [word for word in OF_RATINGS if word in prose or word in " ".join(answers)]


def test_the_picture_is_shown_alone_with_what_was_asked(things: Study) -> None:
    item = shown_item(things)
    assert item is not None

    picture = Image.open(BytesIO(interface_png(study=things, item=item)))

    assert picture.size == (factories.SIDE, factories.SIDE)
    for name in presence.objects_of(item):
        assert name in caption(study=things, item=item)


def test_agreement_on_things_is_krippendorffs_alpha(things: Study) -> None:
    found = presence.seen_items(study=things)
    cells = [
        [[one.n - n, n] for n in one.counts.values()] for one in found
    ]  # per thing of a picture: how many did not see it, how many did

    estimate = presence_agreement.alpha(found)

    expected = krippendorff.alpha(
        value_counts=np.concatenate(cells), level_of_measurement="nominal"
    )
    assert estimate.value == pytest.approx(expected, abs=1e-12)
    assert estimate.n == 3 * sum(len(one.counts) for one in found)
    assert estimate.low <= estimate.value <= estimate.high


def test_agreement_needs_two_answers_that_differ(things: Study) -> None:
    one, other = presence.seen_items(study=things)
    assert np.isnan(presence_agreement.alpha([]).value)
    assert np.isnan(presence_agreement.alpha([one]).low)
    alike = Seen("", one.named, dict.fromkeys(one.counts, 3), n=3)
    assert np.isnan(presence_agreement.alpha([alike]).value)
    alone = Seen("", one.named, dict.fromkeys(one.counts, 1), n=1)
    assert presence_agreement.alpha([alone, other]).n == 3 * len(other.counts)


def test_agreement_on_many_pictures_is_computed_without_a_row_of_them_per_resample() -> None:
    of_each = [Seen("", (), {"a": seen, "b": 1}, n=3) for seen in range(4)]
    tracemalloc.start()
    estimate = presence_agreement.alpha(of_each * 2_000)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert estimate.n == 8_000 * 6
    assert most < 8e6  # bytes; a thousand rows of 8,000 pictures are 64 MB
