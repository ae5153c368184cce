"""Every file of a study has a name of its own."""

from annotator.domain.material.batch_names import batch_names
from annotator.models import PromptBatch


def named(*file_names: str) -> list[str]:
    """As uploaded one after the other."""
    batches = [PromptBatch(pk=key, file_name=name) for key, name in enumerate(file_names)]
    return list(batch_names(reversed(batches)).values())


def test_files_of_one_name_are_numbered_as_they_were_uploaded() -> None:
    assert named("a.csv", "b.csv", "a.csv") == ["a.csv (1)", "b.csv", "a.csv (2)"]


def test_a_number_that_another_files_name_has_is_left_out() -> None:
    assert named("a.csv", "a.csv", "a.csv (1)") == ["a.csv (2)", "a.csv (3)", "a.csv (1)"]
