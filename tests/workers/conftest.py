"""Studies whose pictures the bundled model makes, in as few steps as it takes to be real."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

import workers.app  # noqa: F401  registers the tasks
from annotator.models import Study
from tests.factories import make_study


@pytest.fixture
def study(alice: User) -> Study:
    return make_study(alice, steps=2)
