"""Every operation × everybody's token, and tokens without its scope: one table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client
from django.urls import get_resolver, reverse
from django.utils import timezone

from annotator.domain import api_tokens
from annotator.domain.material import prompts
from annotator.enums import Scope, UploadStatus
from annotator.models import ApiToken, PromptUpload, Study
from tests import factories
from tests.annotator.views.test_access import make_snapshot, walk

# method, name → scope, status for the owner (and the admin)
OPERATIONS: dict[tuple[str, str], tuple[Scope, int]] = {
    ("GET", "studies"): (Scope.READ_STUDIES, 200),
    ("GET", "study"): (Scope.READ_STUDIES, 200),
    ("GET", "items"): (Scope.READ_STUDIES, 200),
    ("GET", "batches"): (Scope.READ_STUDIES, 200),
    ("GET", "ratings"): (Scope.READ_RATINGS, 200),
    ("GET", "statistics"): (Scope.READ_STATISTICS, 200),
    ("GET", "snapshots"): (Scope.READ_RATINGS, 200),
    ("GET", "snapshot"): (Scope.READ_RATINGS, 200),
    # Nothing is sent here, and said so.
    ("POST", "uploads"): (Scope.WRITE_BATCHES, 422),
    ("GET", "upload"): (Scope.WRITE_BATCHES, 200),
    ("DELETE", "upload"): (Scope.WRITE_BATCHES, 204),
    ("POST", "upload-import"): (Scope.WRITE_BATCHES, 202),
}
# Not operations: the description, which is for everybody, and a page of ninja's that ours covers.
DESCRIPTION = ("openapi-json", "api-root")


@dataclass(frozen=True)
class World:
    study: Study
    upload: PromptUpload

    def ask(self, method: str, name: str, secret: str = "", client: Client | None = None) -> int:
        """The status; what was done is forgotten."""
        upload = (self.study.pk, self.upload.pk)
        numbers: dict[str, tuple[Any, ...]] = {
            "studies": (),
            "upload": upload,
            "upload-import": upload,
            "snapshot": (self.study.pk, "v1"),
        }
        address = reverse(f"api:{name}", args=numbers.get(name, (self.study.pk,)))
        headers = {"Authorization": f"Bearer {secret}"} if secret else {}
        with transaction.atomic():
            status = (client or Client()).generic(method, address, headers=headers).status_code
            transaction.set_rollback(True)
        return int(status)


def secret_of(user: User, *scopes: Scope) -> str:
    return api_tokens.issue_token(user=user, name="test", scopes=scopes, days=1).secret


@pytest.fixture
def world(alice: User) -> World:
    study = factories.make_open_study(alice, prompts=1)
    upload = prompts.keep_upload(study=study, user=alice, file_name="a.txt", content=b"a cat")
    PromptUpload.objects.update(status=UploadStatus.READY, rows_ready=1)
    make_snapshot(study)
    return World(study, upload)


def test_every_operation_is_in_the_table() -> None:
    found = {name for namespace, name in walk(get_resolver()) if namespace == "api"}

    assert found == {name for _, name in OPERATIONS} | set(DESCRIPTION)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_token_opens_what_its_scope_and_its_owner_may_see(
    operation: tuple[str, str], world: World, alice: User, bob: User, carol: User
) -> None:
    scope, status = OPERATIONS[operation]
    others = [other for other in Scope if other != scope]
    revoked = api_tokens.issue_token(user=alice, name="old", scopes=[scope], days=1)
    api_tokens.revoke_token(token=revoked.token)
    logged_in = Client()
    logged_in.force_login(alice)

    found = {
        "nobody": world.ask(*operation),
        "a log-in": world.ask(*operation, client=logged_in),
        "unknown": world.ask(*operation, "daam_unknown"),
        "revoked": world.ask(*operation, revoked.secret),
        "other scopes": world.ask(*operation, secret_of(alice, *others)),
        "bob": world.ask(*operation, secret_of(bob, scope)),
        "alice": world.ask(*operation, secret_of(alice, scope)),
        "carol": world.ask(*operation, secret_of(carol, scope)),
    }

    nothing_sent = operation == ("POST", "uploads")
    not_bobs = 200 if operation[1] == "studies" else 422 if nothing_sent else 404
    assert found == {
        "nobody": 401,
        "a log-in": 401,
        "unknown": 401,
        "revoked": 401,
        "other scopes": 403,
        "bob": not_bobs,
        "alice": status,
        "carol": status,
    }


def test_ones_own_study_is_no_door_to_anothers_upload(world: World, bob: User) -> None:
    own = World(factories.make_study(bob), world.upload)
    secret = secret_of(bob, Scope.WRITE_BATCHES)

    assert [
        own.ask("GET", "upload", secret),
        own.ask("DELETE", "upload", secret),
        own.ask("POST", "upload-import", secret),
    ] == [404, 404, 404]


def test_a_token_ends_with_its_time_and_with_its_account(world: World, alice: User) -> None:
    secret = secret_of(alice, Scope.READ_STUDIES)
    assert world.ask("GET", "study", secret) == 200

    ApiToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert world.ask("GET", "study", secret) == 401

    ApiToken.objects.update(expires_at=timezone.now() + timedelta(days=1))
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert world.ask("GET", "study", secret) == 401


def test_everybody_may_read_the_description() -> None:
    assert Client().get(reverse("api:openapi-json")).json()["openapi"].startswith("3.")
