"""docs/api.md as a program runs it, against the site on a real port."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from pytest_django.live_server_helper import LiveServer

from annotator.domain import api_tokens
from annotator.domain.material import prompts
from annotator.enums import Scope
from annotator.models import PromptUpload, Rating
from tests import factories

GUIDE = Path(__file__).parent.parent / "docs" / "api.md"
SNIPPETS = re.findall(r"^```python\n(.*?)^```$", GUIDE.read_text(), re.DOTALL | re.MULTILINE)


def inspect(upload: PromptUpload) -> None:
    """A worker's part."""
    found = prompts.read_upload(upload)
    prompts.record_inspection(
        upload=upload, ready=found.rows, refused=found.refused, preview=[], note=found.note
    )


@pytest.mark.django_db(transaction=True)
def test_every_line_of_the_guide_does_what_it_says(
    live_server: LiveServer, alice: User, capsys: pytest.CaptureFixture[str]
) -> None:
    study = factories.make_open_study(alice, prompts=1)
    factories.rate(factories.make_rater(study), 4, count=3)
    token = api_tokens.issue_token(user=alice, name="guide", scopes=list(Scope), days=1)
    connect, read, read_news, numbers, send, finish = SNIPPETS
    world: dict[str, Any] = {}

    def run(snippet: str) -> None:
        exec(snippet, world)  # noqa: S102

    run(
        connect.replace("https://ratings.example.org", live_server.url).replace(
            "daam_…", token.secret
        )
    )
    run(read)
    assert len(world["table"]) == 3
    assert set(world["table"].seed) == {0}
    factories.rate(factories.make_rater(study), 2)
    run(read_news)
    assert list(world["ratings"].rating_id) == list(Rating.objects.values_list("pk", flat=True))
    run(numbers)
    assert world["alpha"]["n"] > 0 or world["alpha"]["note"]
    run(send)
    inspect(PromptUpload.objects.get())
    run(finish)

    assert "3 The prompt is empty." in capsys.readouterr().out
    assert PromptUpload.objects.get().status == "importing"
