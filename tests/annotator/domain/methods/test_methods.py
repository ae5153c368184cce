"""The methods report: nothing is claimed that is not recorded, and LaTeX stays LaTeX."""

from __future__ import annotations

import re
from datetime import timedelta
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from PIL import Image

from annotator.domain import analyses
from annotator.domain.methods import rated, references
from annotator.domain.methods.counts import counts
from annotator.domain.methods.facts import Facts, collect
from annotator.domain.methods.interface import interface_png, shown_item
from annotator.domain.methods.latex import files
from annotator.domain.methods.topics import topics
from annotator.domain.results.filters import Filter
from annotator.domain.results.summary import Results
from annotator.enums import Phase
from annotator.models import Assignment, Procedure, Rating, Reporting, Study
from tests import factories

NASTY = r"50 % of A&B_1 #2 {x} $5 ~tilde^ \end{document} “q” <b> é α|"


def results_of(study: Study, **filter: Any) -> Results:
    found = analyses.state(study=study, filter=Filter(**filter)).results()
    assert found is not None
    return found


def facts_of(study: Study) -> Facts:
    found = rated.findings(results_of(study), results_of(study, everybody=True))
    return collect(study=study, counts=counts(study=study), findings=found)


def answers(facts: Facts) -> dict[str, str]:
    return {row.asked: row.answer for topic in topics(facts) for row in topic.rows}


def prose(facts: Facts) -> str:
    return " ".join(row.sentence for topic in topics(facts) for row in topic.rows)


@pytest.fixture
def study(alice: User) -> Study:
    """Three raters, one of them excluded; an opt-out; a blob beside every second map."""
    study = factories.make_open_study(alice, random_blob_percent=50, ratings_per_item=3)
    first, second, third = (factories.make_rater(study) for _ in range(3))
    factories.rate(first, 5, count=6)
    factories.rate(first, None, opt_out="word_too_abstract")
    factories.rate(second, 4, count=6)
    factories.rate(third, 1, count=3)
    third.excluded_at, third.exclusion_reason = timezone.now(), "too fast"
    third.save()
    return study


def test_the_report_says_what_the_site_knows(study: Study) -> None:
    Procedure.objects.create(study=study, pass_mark=75, attempts=1)
    factories.make_example(study, Phase.QUALIFICATION)
    facts = facts_of(study)
    found = answers(facts)

    told = "3 answered, of 3 who began; 1 of them excluded, 2 counted"
    assert found["Number of raters"] == told
    assert found["Platform"] == "a link sent to them (2)"
    assert found["Exclusions"] == "too fast: 1 rater, 3 answers"
    k = results_of(study).overall.k
    assert found["Raters per item"] == f"planned 3, reached {k} (real maps)"
    assert found["Qualification"] == "1 item, pass mark 75 %, 1 attempt; 0 raters failed"
    assert found["Model"] == "bundled"
    assert found["Denoising steps"] == "30"
    assert found["Seeds"] == "0 to 3"
    assert "real: noun 4, verb 4, adjective 4; random blob: noun 2" in found["Items"]
    assert "the busiest gave 53.8 % of the answers" in found["Most items for one rater"]


def test_times_are_of_the_answers_that_are_counted(study: Study) -> None:
    now = timezone.now()
    excluded = Rating.objects.exclude(assignment__rater__excluded_at=None)
    excluded.update(reaction_ms=9000, submitted_at=now - timedelta(days=9))
    kept, again, *others = Rating.objects.filter(assignment__rater__excluded_at=None)
    Assignment.objects.filter(pk=again.assignment_id).update(purpose="repeat", slot=None)
    for rating, took, at in ((kept, 2000, now), (again, 5000, now + timedelta(days=9))):
        Rating.objects.filter(pk=rating.pk).update(reaction_ms=took, submitted_at=at)
    Rating.objects.filter(pk__in=[one.pk for one in others]).update(submitted_at=now)

    facts = facts_of(study)
    assert facts.counts.median_seconds == 2.0
    assert (facts.counts.first_at, facts.counts.last_at) == (now, now)


def test_checks_and_pages_are_told_of_raters_who_are_counted(study: Study) -> None:
    given = Rating.objects.filter(score__isnull=False)
    for excluded in (True, False):
        of_rater = given.filter(assignment__rater__excluded_at__isnull=not excluded)
        of_rater.update(language="de" if excluded else "en")
        gold, repeat = of_rater.order_by("pk")[:2]
        Assignment.objects.filter(pk=gold.assignment_id).update(purpose="gold", slot=None)
        Assignment.objects.filter(pk=repeat.assignment_id).update(purpose="repeat", slot=None)
        study.items.filter(assignments=gold.assignment_id).update(
            accepted_low=gold.score, accepted_high=gold.score
        )

    facts = facts_of(study)

    counts = facts.counts
    assert (counts.gold_answers, counts.gold_right, counts.repeats) == (1, 1, 1)
    assert answers(facts)["Language of the pages"] == "en"
    assert (
        "Raters were excluded (too fast: 1 rater, 3 answers); answers, attention checks and where "
        "raters came from are counted without them; with them" in prose(facts)
    )


def test_versions_are_told_by_name_and_nothing_is_none(study: Study) -> None:
    versions = {"torch": "2.13.0+cpu", "diffusers": "0.42.1"}
    for generation in study.generations.all():
        generation.provenance |= {"library_versions": versions, "negative_prompt": None}
        generation.save()

    found = answers(facts_of(study))
    assert (found["Negative prompt"], found["Model"]) == ("none", "bundled")
    assert found["Libraries"] in (
        "torch 2.13.0+cpu, diffusers 0.42.1",
        "diffusers 0.42.1, torch 2.13.0+cpu",  # as PostgreSQL orders them
    )


def test_the_numbers_are_those_of_the_results(study: Study) -> None:
    facts = facts_of(study)
    found, text = answers(facts), prose(facts)

    overall = results_of(study).overall
    assert found["MOS, mean of all scores"].startswith(overall.mos_text)
    assert found["MOS, the rule of Tang et al."].startswith(overall.paper_text)
    assert found["Krippendorff's alpha, ordinal"].startswith(overall.alpha_text)
    assert f"The mean opinion score is {overall.mos_text} (mean of all scores" in text
    everybody = results_of(study, everybody=True).overall.mos_text
    assert (
        f"with them the mean opinion score is {everybody}, without them {overall.mos_text}." in text
    )
    assert "p = " in found["Real maps minus control: random blob"]


def test_what_is_not_recorded_is_said_to_be_missing_until_it_is_told(study: Study) -> None:
    missing = {asked for asked, answer in answers(facts_of(study)).items() if not answer}
    assert {"Pay", "Who could take part", "Ethics approval", "Data"} <= missing
    assert r"\tofill{Who could take part, Pay, Ethics approval" in text_of(facts_of(study))

    Reporting.objects.create(study=study, pay="12 EUR per hour", platform="a course")
    facts = facts_of(study)

    assert answers(facts)["Pay"] == "12 EUR per hour"
    assert answers(facts)["Platform"] == "a course"
    assert "12 EUR per hour." in prose(facts)


def test_simulated_raters_are_never_passed_over(study: Study) -> None:
    study.raters.update(simulated=True)

    assert "3 of them are simulated: these numbers are a rehearsal." in prose(facts_of(study))


def test_an_empty_study_has_a_report_too(alice: User) -> None:
    facts = facts_of(factories.make_study(alice))

    found = answers(facts)
    assert (found["Model"], found["Dates"], found["Stimuli"]) == ("", "", "")
    assert found["MOS, mean of all scores"].startswith("not defined")
    assert balanced(text_of(facts))


# -- LaTeX ---------------------------------------------------------------------------------------


def latex(facts: Facts) -> dict[str, str]:
    return {n: text.decode() for n, text in files(facts, topics(facts), None).items()}


def text_of(facts: Facts) -> str:
    """The document with the parts that it inputs in their places."""
    found = latex(facts)
    return re.sub(
        r"\\input\{([\w-]+)\}", lambda part: found[f"{part[1]}.tex"], found["methods.tex"]
    )


def balanced(text: str) -> bool:
    """Every brace and environment is closed, in order."""
    plain = re.sub(r"(?m)(?<!\\)%.*$", "", re.sub(r"\\[\\{}%]", "", text))
    open_braces, environments = 0, []
    for begin, end, brace in re.findall(r"\\begin\{(\w+\*?)\}|\\end\{(\w+\*?)\}|([{}])", plain):
        if begin:
            environments.append(begin)
        elif end and (not environments or environments.pop() != end):
            return False
        open_braces += {"{": 1, "}": -1}.get(brace, 0)
        if open_braces < 0:
            return False
    return open_braces == 0 and not environments


def test_the_file_is_sound_whatever_the_study_is_called(study: Study) -> None:
    Study.objects.update(name=NASTY, consent_text=f"{NASTY}\n\n{NASTY}", instructions=NASTY)
    Reporting.objects.create(study=study, pay=NASTY, filters="{" * 5, ethics="\\")
    study.refresh_from_db()
    facts = facts_of(study)

    text = text_of(facts)

    assert balanced(text)
    assert text.count(r"\end{document}") == 1
    cited = set(re.findall(r"\\cite\{(\w+)\}", text))
    assert cited == set(references.ENTRIES)
    rows = re.search(r"\\endfoot\n(.*)\\end\{longtable\}", text, re.DOTALL)
    assert rows is not None
    for row in rows[1].splitlines():
        assert row.endswith((r"\\", r"\\*"))
        assert len(re.findall(r"(?<!\\)&", row)) == (0 if "multicolumn" in row else 1)


# -- the picture ---------------------------------------------------------------------------------


def test_the_picture_shows_the_map_in_the_studys_colours(study: Study) -> None:
    Study.objects.update(opacity=1)
    study.refresh_from_db()
    item = shown_item(study)
    assert item is not None

    sheet = np.asarray(Image.open(BytesIO(interface_png(study=study, item=item))))

    side = factories.SIDE
    assert sheet.shape == (side, 2 * side + 16, 3)
    assert (sheet[:, side : side + 16] == 255).all()
    assert (sheet[:, :side] != sheet[:, -side:]).mean() > 0.5
