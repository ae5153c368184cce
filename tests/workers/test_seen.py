"""The cohyponyms' tables from what a study's raters see in its pictures."""

from __future__ import annotations

import json
import uuid
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from safetensors.numpy import load_file, save_file

from annotator.domain.design import studies
from annotator.domain.rating import assignments
from annotator.domain.rating.assignments import Answer
from annotator.domain.rating.presence import SeenItem
from annotator.models import Study
from tests import factories
from workers import seen

pytestmark = pytest.mark.django_db


def pair(first: str, second: str) -> tuple[tuple[str, str, str, int], ...]:
    return (
        *(("a", "DET", "det", 1), (first, "NOUN", "ROOT", 1), ("and", "CCONJ", "cc", 1)),
        *(("a", "DET", "det", 4), (second, "NOUN", "conj", 1)),
    )


def put_map(study: Study, word: str, left: int) -> None:
    """The word's map is 1 in a quarter of each of its pictures, from a column on."""
    for generation in study.generations.filter(heat_maps__word__text=word):
        path = Path(settings.MEDIA_ROOT) / generation.maps_file
        soft = load_file(path)["soft"]
        row = generation.heat_maps.get(word__text=word).row
        soft[row] = 0
        soft[row, :, left : left + 8] = 1
        save_file({"soft": np.ascontiguousarray(soft)}, path)


@pytest.fixture
def study(alice: User) -> Study:
    """Of two of a kind nobody sees the second, and their maps are one; of others all is there."""
    study = factories.make_study(alice, task="presence", parts_of_speech=["NOUN"])
    for seed, sentence in enumerate((pair("plum", "pear"), pair("plum", "moon"), pair("x", "sun"))):
        factories.make_generation(factories.make_prompt(study, seed=seed, sentence=sentence))
    for word, left in (("plum", 0), ("pear", 0), ("moon", 16)):
        put_map(study, word, left)
    studies.open_study(study=study, user=alice)
    studies.invite(study=study)
    for held in assignments.draw(rater=factories.make_rater(study), count=9):
        named = set(held.item.heat_map.word.prompt.words.values_list("text", flat=True))
        answer = Answer(answer_id=uuid.uuid4(), seen=sorted(named & {"plum", "moon"}))
        assignments.submit_rating(assignment=held, answer=answer)
    return study


def test_accuracy_and_overlap_are_of_what_raters_see(study: Study, tmp_path: Path) -> None:
    ontology = tmp_path / "kinds.tsv"
    ontology.write_text("fruit\tplum, pear\nlight\tmoon, sun\n")
    out = StringIO()
    call_command("seen_cohyponyms", str(study.pk), ontology=ontology, json=True, stdout=out)
    found = json.loads(out.getvalue())
    both_there, overlap, *_ = found["tables"][0]["rows"]
    assert [cell["value"] for cell in both_there[1:4]] == [0, 1, -1]
    assert [cell["value"] for cell in overlap[1:4]] == pytest.approx([1, 0, 1], abs=0.05)
    assert both_there[4] == 1  # of one picture each
    listed = {row[1]: row[2:4] for row in found["tables"][1]["rows"]}
    assert listed == {"a plum and a pear": [True, False], "a plum and a moon": [False, True]}
    assert "1 others do not name two nouns of the ontology" in found["remarks"][0]


def test_a_noun_has_its_first_own_map_though_an_adjective_is_spelt_the_same(alice: User) -> None:
    study = factories.make_study(alice, task="presence", parts_of_speech=["NOUN"])
    cat, orange = ("cat", "NOUN", "ROOT", 2), ("orange", "NOUN", "conj", 1)
    sentence = (("orange", "ADJ", "amod", 2), cat, orange, ("orange", "ADJ", "amod", 4), orange)
    generation = factories.make_generation(factories.make_prompt(study, sentence=sentence))
    path = Path(settings.MEDIA_ROOT) / generation.maps_file
    soft = np.zeros_like(load_file(path)["soft"])
    for heat_map in generation.heat_maps.select_related("word"):
        left = 0 if heat_map.word.index in (1, 2) else 16  # the cat and the first noun “orange”
        soft[heat_map.row, :, left : left + 8] = 1
    save_file({"soft": soft}, path)
    studies.open_study(study=study, user=alice)
    named = ["cat", "orange"]
    one = SeenItem("", named, dict.fromkeys(named, 1), n=1, item=study.items.get(), n_opt_outs=0)
    assert seen._overlap(one, tau=0.4) == pytest.approx(1)


def test_an_ontology_of_other_things_is_a_sentence(study: Study, tmp_path: Path) -> None:
    ontology = tmp_path / "kinds.tsv"
    ontology.write_text("bird\towl, swan\ntool\tsaw\n")
    with pytest.raises(CommandError, match="names two nouns of the ontology"):
        call_command("seen_cohyponyms", str(study.pk), ontology=ontology, stdout=StringIO())
