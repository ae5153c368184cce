"""Every setting of a study says whether it may change, and is held to that."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from annotator.domain.design import studies
from annotator.domain.design.study_config import settings_of
from annotator.errors import WrongStatus
from annotator.forms.study import StudyForm
from annotator.models import Study
from tests import factories

GROUPS = (
    studies.PICTURE_FIELDS,
    studies.PLAN_FIELDS,
    studies.JUDGED_FIELDS,
    studies.FREE_FIELDS,
)
SETTINGS = sorted(settings_of(Study))


@pytest.mark.parametrize("field", SETTINGS)
def test_every_setting_is_in_one_group_and_says_when_it_is_fixed(field: str) -> None:
    assert sum(field in group for group in GROUPS) == 1
    free = field in studies.FREE_FIELDS
    assert bool(studies.why_fixed(field)) == bool(studies.until_when(field)) == (not free)


def test_no_group_names_what_is_no_setting() -> None:
    assert frozenset().union(*GROUPS) == set(SETTINGS)


def test_after_a_rating_each_setting_is_stored_or_refused(alice: User) -> None:
    study = factories.make_open_study(alice, prompts=1)
    factories.rate(factories.make_rater(study))
    for field in SETTINGS:
        if field in studies.FREE_FIELDS:
            studies.change_settings(study=study, user=alice, changed=[field])
            continue
        with pytest.raises(WrongStatus, match=field):
            studies.change_settings(study=study, user=alice, changed=[field])


def test_the_form_says_it_beside_each_field(alice: User) -> None:
    study = factories.make_open_study(alice, prompts=1)
    before = StudyForm(instance=study)
    factories.rate(factories.make_rater(study))
    after = StudyForm(instance=study)

    assert "Can be changed until the first rating." in before.fields["question"].help_text
    assert "Fixed. Raters have answered under it." in after.fields["question"].help_text
    assert "Fixed. Items were drawn by it." in after.fields["ratings_per_item"].help_text
    assert "Fixed. Pictures were made with it." in after.fields["model"].help_text
    assert "Can always be changed." in after.fields["items_per_rater"].help_text
