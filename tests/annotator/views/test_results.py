import csv
import io
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest
from django.contrib.auth.models import User
from django.http import QueryDict
from django.test import Client
from django.urls import reverse
from PIL import Image, ImageColor

from annotator.domain.design import studies
from annotator.enums import ItemKind
from annotator.forms.results import FilterForm
from annotator.models import Study
from annotator.views.figures import FIGURES
from annotator.views.figures.layout import FILLS
from tests import factories
from tests.annotator.answers import MORNING, give, make_control, make_rated_study

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def study(alice: User) -> Study:
    return make_rated_study(alice)


def page(client: Client, study: Study, query: str = "") -> str:
    response = client.get(reverse("results", args=[study.pk]) + query)
    assert response.status_code == 200
    return response.content.decode()


def figure(client: Client, study: Study, extension: str, query: str) -> Any:
    return client.get(reverse("results-figure", args=[study.pk, extension]) + query)


def table(html: str) -> list[list[str]]:
    """The cells of the table of all numbers, the first of the page, row by row."""
    parser = _Table()
    parser.feed(html)
    return [[cell.strip() for cell in row] for row in parser.rows]


class _Table(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.inside = self.over = False

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if self.over:
            return
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.inside = True
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self.inside = False
        self.over |= tag == "table"

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.rows[-1][-1] += data


def test_the_table_holds_every_number_with_its_n_and_interval(
    as_alice: Client, study: Study
) -> None:
    header, overall, nouns, verbs = table(page(as_alice, study))
    assert header[:4] == ["Part of speech", "Ratings", "Items", "Raters"]
    assert header[5:12] == [
        "1 Bad",
        "2 Poor",
        "3 Fair",
        "4 Good",
        "5 Excellent",
        "Picture too poor to judge",
        "Word too abstract to place",
    ]
    assert overall[:4] == ["all", "9", "4", "3"]
    assert overall[4].startswith("3.71 [")
    assert overall[5:12] == ["0", "1", "2", "2", "2", "1", "1"]
    assert overall[12].startswith("0.80")
    assert nouns[:4] == ["noun", "7", "3", "3"]
    assert verbs[4] == "2.00 (no interval)"
    assert verbs[12] == "not defined"


def test_the_first_screen_answers_three_questions(as_alice: Client, study: Study) -> None:
    html = page(as_alice, study)
    assert "How good are the heat maps?" in html
    assert "Mean opinion score of 7 scores, nearest to “Good”." in html
    assert "How sure are we?" in html
    assert "Do raters agree?" in html
    assert "verb, alpha: not defined: no item has two scores." in html


def test_a_filter_shows_only_the_chosen_parts_of_speech(as_alice: Client, study: Study) -> None:
    html = page(as_alice, study, "?pos=VERB")
    assert [row[0] for row in table(html)] == ["Part of speech", "all", "verb"]
    assert "figure=mos&amp;pos=VERB" in html
    assert 'value="VERB" checked' in html
    assert 'data-url="/studies/' in html
    assert "?fragment=1&amp;pos=VERB" in html


def test_raters_are_chosen_by_link_where_there_are_several(as_alice: Client, study: Study) -> None:
    assert "Raters who came by" not in page(as_alice, study)
    other = studies.invite(study=study, note="second wave")
    assert "second wave" in page(as_alice, study)
    assert "No rating is left" in page(as_alice, study, f"?invitation={other.pk}")
    first = study.raters.all()[0].invitation_id
    assert table(page(as_alice, study, f"?invitation={first}"))[1][1] == "9"
    address = reverse("results", args=[study.pk])
    refused = as_alice.get(f"{address}?invitation=0&panel=x")
    assert "This study has no such link for raters." in refused.content.decode()
    assert "“x” is no panel." in refused.content.decode()


def test_a_choice_is_said_above_the_numbers(as_alice: Client, study: Study) -> None:
    assert 'id="chosen"' not in page(as_alice, study)
    link = study.raters.all()[0].invitation
    link.note = "second wave"
    link.save()
    html = page(as_alice, study, f"?pos=NOUN&pos=VERB&invitation={link.pk}&until=2026-03-02")
    assert "Counted: <strong>noun, verb · second wave · until 2 Mar 2026</strong>." in html


def test_items_worth_a_look_lead_to_their_lists(as_alice: Client, study: Study) -> None:
    more = "/items/?sort=disagreement&amp;pos=NOUN&amp;kind=real&amp;rated=2&amp;"
    assert more in page(as_alice, study, "?pos=NOUN")
    # The counts of items know nothing of days.
    assert "Items you should look at" not in page(as_alice, study, "?since=2026-01-01")


def test_a_filter_that_leaves_nothing_says_so(as_alice: Client, study: Study) -> None:
    assert "No rating is left by what you chose above." in page(as_alice, study, "?pos=ADJ")


def test_a_study_without_ratings_says_what_to_do(as_alice: Client, alice: User) -> None:
    html = page(as_alice, factories.make_open_study(alice))
    assert "No rating has come in yet." in html
    assert "Invite raters" in html


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        ([[4], [2]], "Not defined: no item has two scores."),
        ([["image_too_poor"]], "Not defined: nobody has given a score yet."),
        ([[3, 3], [3, 3]], "All items have the same mean score so far"),
    ],
)
def test_what_cannot_be_computed_is_a_sentence(
    as_alice: Client, alice: User, answers: list[Any], sentence: str
) -> None:
    study = make_rated_study(alice, {"NOUN": answers})
    assert sentence in page(as_alice, study)
    for name in ("mos", "agreement", "distribution"):
        for extension in ("svg", "csv"):
            assert figure(as_alice, study, extension, f"?figure={name}").status_code == 200


def test_ratings_of_simulated_raters_are_pointed_out(as_alice: Client, study: Study) -> None:
    assert "simulated rater" not in page(as_alice, study)
    rater = study.raters.all()[0]
    rater.simulated = True
    rater.save()
    assert "4 of the study’s 9 ratings come from simulated raters" in page(as_alice, study)


def test_the_fragment_is_sent_again_only_when_there_are_news(
    as_alice: Client, study: Study
) -> None:
    address = reverse("results", args=[study.pk]) + "?fragment=1"
    first = as_alice.get(address)
    assert b"<html" not in first.content
    same = as_alice.get(address, headers={"if-none-match": first["ETag"]})
    assert (same.status_code, same.content) == (304, b"")
    give(study.items.filter(pos="ADJ")[0], study.raters.all()[0], 1)
    later = as_alice.get(address, headers={"if-none-match": first["ETag"]})
    assert later.status_code == 200
    assert table(later.content.decode())[1][:2] == ["all", "10"]


def test_polling_without_news_costs_five_queries(
    as_alice: Client, study: Study, django_assert_num_queries: Any
) -> None:
    address = reverse("results", args=[study.pk]) + "?fragment=1"
    etag = as_alice.get(address)["ETag"]
    # Session, user, study, data version, and which version is computed.
    with django_assert_num_queries(5):
        as_alice.get(address, headers={"if-none-match": etag})


def test_nothing_on_the_page_needs_inline_style_or_script(as_alice: Client, study: Study) -> None:
    html = page(as_alice, study)
    assert "style=" not in html
    assert "<style" not in html
    assert "onclick" not in html


@pytest.mark.parametrize("name", ["mos", "agreement", "distribution"])
def test_a_figure_stands_alone_with_a_text_alternative(
    as_alice: Client, study: Study, name: str
) -> None:
    response = figure(as_alice, study, "svg", f"?figure={name}")
    assert response["Content-Type"] == "image/svg+xml; charset=utf-8"
    assert f'filename="study-{study.pk}-{name}.svg"' in response["Content-Disposition"]
    root = ET.fromstring(response.content)  # noqa: S314 - our own
    drawing = next(element for element in root.iter(f"{SVG}svg") if element.get("role") == "img")
    title, description = drawing.find(f"{SVG}title"), drawing.find(f"{SVG}desc")
    assert title is not None
    assert "by part of speech" in (title.text or "")
    assert description is not None
    assert (description.text or "").startswith("all: ")
    assert all("style" not in element.attrib for element in root.iter())


def test_the_opinion_figure_draws_value_interval_and_the_paper_s_range(
    as_alice: Client, study: Study
) -> None:
    root = ET.fromstring(figure(as_alice, study, "svg", "?figure=mos&width=column").content)  # noqa: S314
    _, *circles = (element.get("cx") for element in root.iter(f"{SVG}circle"))  # the legend first
    # 1 is at 3 %, 5 at 97 %: x = 3 + 94 (score - 1) / 4.
    assert circles == ["66.786%", "73.500%", "26.500%"]
    # By the paper's rule: medians 4 and 3, and no verb without an opt-out.
    assert "◇ 3.50 [3.00, 4.00] · 2 items" in [element.text for element in root.iter(f"{SVG}text")]
    (band,) = (element for element in root.iter(f"{SVG}rect") if element.get("class") == "band")
    assert (band.get("x"), band.get("width")) == ("59.400%", "18.800%")
    texts = [element.text for element in root.iter(f"{SVG}text")]
    assert "2.00 (no interval) · n = 1" in texts


def test_bars_and_opt_outs_have_lengths_of_their_shares(as_alice: Client, study: Study) -> None:
    content = figure(as_alice, study, "svg", "?figure=distribution&pos=VERB").content
    root = ET.fromstring(content)  # noqa: S314
    bars = {
        element.get("class"): float((element.get("width") or "").rstrip("%"))
        for element in root.iter(f"{SVG}rect")
        if element.find(f"{SVG}title") is not None
    }
    # One score "Poor" and one opt-out: half of the answers each, and a gap of 0.08.
    assert bars == {
        "score-2": pytest.approx(100 * 0.5 / 1.08, abs=0.001),
        "word-too-abstract": pytest.approx(100 * 0.5 / 1.08, abs=0.001),
    }


def test_the_numbers_of_a_figure_come_as_csv(as_alice: Client, study: Study) -> None:
    response = figure(as_alice, study, "csv", "?figure=distribution&pos=NOUN")
    assert list(csv.reader(io.StringIO(response.content.decode(), newline=""))) == [
        [
            *("pos", "n_items", "n_raters", "k_fewest", "k_most", "n_ratings"),
            *("score_1", "score_2", "score_3", "score_4", "score_5"),
            *("image_too_poor", "word_too_abstract"),
        ],
        ["ALL", "3", "3", "2", "3", "7", "0", "0", "2", "2", "2", "1", "0"],
        ["NOUN", "3", "3", "2", "3", "7", "0", "0", "2", "2", "2", "1", "0"],
    ]


def test_undefined_numbers_are_empty_cells(as_alice: Client, study: Study) -> None:
    response = figure(as_alice, study, "csv", "?figure=agreement&pos=VERB")
    rows = list(csv.DictReader(io.StringIO(response.content.decode(), newline="")))
    alpha = next(row for row in rows if (row["pos"], row["measure"]) == ("VERB", "alpha_ordinal"))
    assert alpha["value"] == alpha["value_low"] == alpha["value_high"] == ""
    assert (alpha["n_paired_scores"], alpha["bootstrap_seed"]) == ("0", "2023")
    assert alpha["note"] == "not defined: no item has two scores"


def test_figures_come_as_vector_and_as_pixels_on_white(as_alice: Client, study: Study) -> None:
    make_control(study, ItemKind.BLANK, [[1, 1, 2], [1, 2, 1]])
    for name in FIGURES:
        pdf = figure(as_alice, study, "pdf", f"?figure={name}")
        assert (pdf["Content-Type"], pdf.content[:5]) == ("application/pdf", b"%PDF-")
        assert b"+DejaVuSans" in pdf.content
        assert b"/Subtype/Image" not in pdf.content  # drawn, not photographed
    png = figure(as_alice, study, "png", "?figure=mos")
    picture = Image.open(io.BytesIO(png.content))
    assert picture.convert("RGB").getpixel((0, 0)) == (255, 255, 255)
    assert picture.width == round(6.9 * 300)
    # Letters have the same size in a column: 16 pixels of 144 to an inch are 8 points.
    column = ET.fromstring(figure(as_alice, study, "svg", "?figure=mos&width=column").content)  # noqa: S314
    assert (column.get("width"), column.get("viewBox", "").split()[2]) == ("3.300in", "475.2")
    assert figure(as_alice, study, "svg", "?figure=mos&width=poster").status_code == 404


def test_a_wide_figure_has_all_numbers_of_a_row_on_one_line(as_alice: Client, study: Study) -> None:
    for width, begins in (("page", "3.71 [2.67, 4.50] · n = 7\N{EM SPACE}◇"), ("column", "◇")):
        svg = figure(as_alice, study, "svg", f"?figure=mos&width={width}").content
        texts = (element.text or "" for element in ET.fromstring(svg).iter(f"{SVG}text"))  # noqa: S314
        assert next(text for text in texts if "◇" in text).startswith(begins)


def test_long_labels_of_the_scale_s_ends_do_not_meet(as_alice: Client, study: Study) -> None:
    places = {}
    for labels in (["low", "2", "3", "4", "high"], ["很" * 20, "2", "3", "4", "高"]):
        Study.objects.update(labels=labels)
        svg = figure(as_alice, study, "svg", "?figure=mos&width=column").content
        texts = {e.text: e for e in ET.fromstring(svg).iter(f"{SVG}text")}  # noqa: S314
        places[labels[0]] = [texts[label].get("y") for label in (labels[0], labels[-1])]
    assert places == {"low": ["48", "48"], "很" * 20: ["48", "72"]}


def test_the_five_points_are_told_apart_in_grey() -> None:
    fills = [FILLS[f"score-{point}"] for point in range(1, 6)]
    greys = sorted(ImageColor.getcolor(fill, "L") for fill in fills)
    assert min(np.diff(greys)) >= 30


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("pos=NOISE", "“NOISE” is no part of speech."),
        ("kind=gold", "“gold” is no kind of map."),
        ("batch=999", "This study has no such file of prompts."),
        ("raters=nobody,noone", "This study has no rater called nobody, noone."),
        ("since=yesterday", "Enter a valid date."),
        ("since=2026-03-02&until=2026-03-01", "The last day lies before the first."),
    ],
)
def test_a_choice_that_cannot_be_is_answered_with_a_sentence(
    as_alice: Client, study: Study, query: str, sentence: str
) -> None:
    for response in (
        as_alice.get(reverse("results", args=[study.pk]) + f"?{query}"),
        figure(as_alice, study, "csv", f"?figure=mos&{query}"),
    ):
        assert response.status_code == 400
        assert sentence in response.content.decode()


def test_every_choice_narrows_the_numbers(as_alice: Client, study: Study) -> None:
    make_control(study, ItemKind.BLANK, [[1, 1, 2]])
    first = study.raters.order_by("number")[0]
    ratings = {
        f"raters={first.pseudonym}": "4",
        "kind=blank": "3",
        f"since={MORNING:%Y-%m-%d}&until={MORNING:%Y-%m-%d}": "9",
        f"batch={study.batches.get().pk}&model=bundled": "9",
    }
    for query, n in ratings.items():
        assert table(page(as_alice, study, f"?{query}"))[1][1] == n
    assert "paper 3.4–4.2" not in page(as_alice, study, "?kind=blank")


def test_files_of_one_name_are_told_apart_where_one_is_chosen(
    as_alice: Client, study: Study
) -> None:
    second = factories.make_batch(study, file_name="prompts.csv")
    choice = f'<option value="{second.pk}" selected>prompts.csv (2)</option>'
    for name in ("results", "items"):
        answer = as_alice.get(reverse(name, args=[study.pk]), {"batch": second.pk})
        assert choice in answer.content.decode()
    chosen = FilterForm(QueryDict(f"batch={second.pk}"), study=study)
    assert (chosen.is_valid(), chosen.said) == (True, "prompts.csv (2)")


@pytest.mark.parametrize(
    ("extension", "query"), [("svg", ""), ("svg", "?figure=pie"), ("exe", "?figure=mos")]
)
def test_a_figure_that_does_not_exist_is_not_found(
    as_alice: Client, study: Study, extension: str, query: str
) -> None:
    assert figure(as_alice, study, extension, query).status_code == 404


def test_another_researcher_finds_nothing(bob: User, study: Study) -> None:
    client = Client()
    client.force_login(bob)
    assert client.get(reverse("results", args=[study.pk])).status_code == 404
    assert figure(client, study, "csv", "?figure=mos").status_code == 404


def test_whoever_is_not_logged_in_is_asked_to(db: None, study: Study) -> None:
    response = Client().get(reverse("results", args=[study.pk]))
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("login"))
