"""What a researcher downloads."""

from __future__ import annotations

from annotator.domain import export
from annotator.models import Study


def exported_csv(study: Study) -> str:
    """The table of ratings."""
    return b"".join(export.find(study=study, name="ratings").pieces("csv")).decode()
