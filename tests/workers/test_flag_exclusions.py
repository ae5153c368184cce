import pytest
from django.contrib.auth.models import User

from annotator.domain.monitoring import flag_exclusions, quality
from annotator.enums import Flag
from annotator.models import FlagExclusion
from tests import factories
from workers.flag_exclusions import exclude_flagged


@pytest.fixture
def asked(alice: User, monkeypatch: pytest.MonkeyPatch) -> FlagExclusion:
    monkeypatch.setattr(flag_exclusions, "AT_ONCE", -1)
    study = factories.make_open_study(alice)
    factories.make_rater(study)
    return flag_exclusions.request(study=study, user=alice, flag=Flag.TOO_FAST)


def test_a_worker_leaves_them_out_and_tells_how_far_it_is(asked: FlagExclusion) -> None:
    exclude_flagged(asked.pk)

    asked.refresh_from_db()
    assert (asked.status, asked.raters_done, asked.raters_total) == ("done", 1, 1)


def test_what_went_wrong_is_a_sentence_on_the_row(
    asked: FlagExclusion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(quality, "quality_in_pieces")
    exclude_flagged(asked.pk)

    asked.refresh_from_db()
    assert (asked.status, asked.error[:28]) == ("failed", "Something unexpected happene")
