from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from annotator.domain import api_tokens
from annotator.enums import Scope
from annotator.errors import ScopeMissing, TokenRefused, TooManyRequests
from annotator.models import ApiToken

READ = Scope.READ_STUDIES


@pytest.fixture
def secret(alice: User) -> str:
    return api_tokens.issue_token(user=alice, name="notebook", scopes=[READ], days=30).secret


def use(secret: str, at: datetime | None = None) -> ApiToken:
    return api_tokens.use_token(secret=secret, scope=READ, at=at)


def test_the_secret_is_nowhere_in_the_database(secret: str) -> None:
    (row,) = ApiToken.objects.values()

    assert all(secret not in str(value) for value in row.values())
    assert secret.startswith(row["beginning"])
    assert len(secret) - len(row["beginning"]) > 30


def test_a_token_remembers_when_it_was_last_used(secret: str) -> None:
    at = timezone.now()
    use(secret, at)

    assert ApiToken.objects.get().last_used_at == at


def test_a_token_is_good_until_it_expires(secret: str) -> None:
    end = ApiToken.objects.get().expires_at
    use(secret, end - timedelta(seconds=1))

    with pytest.raises(TokenRefused, match="expired"):
        use(secret, end)


def test_a_missing_scope_is_named(secret: str) -> None:
    with pytest.raises(ScopeMissing, match="write:batches"):
        api_tokens.use_token(secret=secret, scope=Scope.WRITE_BATCHES)


def test_each_token_has_its_own_requests_every_minute(
    secret: str, alice: User, settings: Any
) -> None:
    settings.API_REQUESTS_PER_MINUTE = 3
    other = api_tokens.issue_token(user=alice, name="other", scopes=[READ], days=30).secret
    at = datetime(2026, 11, 22, 12, 0, 18, tzinfo=UTC)
    ApiToken.objects.update(expires_at=at + timedelta(days=1))
    for _ in range(3):
        use(secret, at)

    with pytest.raises(TooManyRequests, match="Wait 42 s") as refused:
        use(secret, at)

    assert refused.value.wait_seconds == 42
    use(other, at)
    use(secret, at + timedelta(seconds=42))
    assert ApiToken.objects.get(name="notebook").window_requests == 1


def test_asking_for_what_one_may_not_have_is_counted(secret: str, settings: Any) -> None:
    settings.API_REQUESTS_PER_MINUTE = 1
    at = timezone.now()
    with pytest.raises(ScopeMissing):
        api_tokens.use_token(secret=secret, scope=Scope.WRITE_BATCHES, at=at)

    with pytest.raises(TooManyRequests):
        use(secret, at)
