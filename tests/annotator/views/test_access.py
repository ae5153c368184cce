"""Every address × everybody: one table, and an address missing from it fails."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.http.response import HttpResponseBase
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from annotator.domain import api_tokens
from annotator.domain.elsewhere import files
from annotator.domain.export import snapshots
from annotator.domain.material import prompts
from annotator.domain.rating import assignments, masks
from annotator.enums import Phase, UploadStatus
from annotator.models import (
    ApiToken,
    ImportedRatings,
    MaskComparison,
    Procedure,
    PromptUpload,
    Rater,
    Rating,
    Study,
)
from tests import factories

# -- the table -----------------------------------------------------------------------------------
# What each gets: a status, or "login" for being sent to the log-in page. What is not theirs is not
# found: a 403 would tell that it is there.

ROLES = ("guest", "rater", "bob", "alice", "carol")
Outcome = int | str

EVERYBODY = (200, 200, 200, 200, 200)
RESEARCHERS = ("login", "login", 200, 200, 200)
MEMBERS = ("login", "login", 404, 200, 200)
MEMBERS_ACT = ("login", "login", 404, 302, 302)
THAT_RATER = (404, 200, 404, 404, 404)
NOBODY = (404, 404, 404, 404, 404)
THAT_RATER_GOES_ON = (404, 302, 404, 404, 404)

PAGES: dict[str, tuple[str, tuple[Outcome, ...]]] = {
    "home": ("GET", (200, 200, 302, 302, 302)),
    "login": ("GET POST", (200, 200, 302, 302, 302)),
    "logout": ("POST", (302, 302, 302, 302, 302)),
    "set_language": ("POST", (302, 302, 302, 302, 302)),
    "health-live": ("GET", EVERYBODY),
    "health-ready": ("GET", EVERYBODY),
    "studies": ("GET", RESEARCHERS),
    "study-create": ("GET POST", RESEARCHERS),
    # Nothing is sent here, and said so.
    "study-from-file": ("POST", ("login", "login", 422, 422, 422)),
    "study-config": ("GET", MEMBERS),
    "quality": ("GET", MEMBERS),
    "quality-exclude": ("POST", MEMBERS_ACT),
    "rater-exclude": ("POST", MEMBERS_ACT),
    "rater-include": ("POST", MEMBERS_ACT),
    "rater-resume": ("POST", MEMBERS_ACT),
    "study-create-preview": ("GET POST", RESEARCHERS),
    # Ratings made elsewhere: their owner and the admin.
    "imports": ("GET POST", RESEARCHERS),
    "import": ("GET POST", MEMBERS),
    "import-refused": ("GET", MEMBERS),
    "import-confirm": ("POST", MEMBERS_ACT),
    "import-delete": ("POST", MEMBERS_ACT),
    # Not imported yet: sent to the preview.
    "import-results": ("GET", MEMBERS_ACT),
    # Not imported yet: sent to the preview.
    "import-export": ("GET", MEMBERS_ACT),
    # Not computed yet.
    "import-figure": ("GET", ("login", "login", 404, 503, 503)),
    "api-tokens": ("GET POST", RESEARCHERS),
    # One's own only, the admin too: this one is Alice's.
    "api-token-revoke": ("POST", ("login", "login", 404, 302, 404)),
    # What is asked with a token is in test_api_access.py.
    "api-reference": ("GET", EVERYBODY),
    "api-unknown": ("GET POST PUT DELETE", NOBODY),
    # An experiment is its owner's, and the admin's.
    "experiments": ("GET", RESEARCHERS),
    "experiment-create": ("GET POST", RESEARCHERS),
    "experiment": ("GET", MEMBERS),
    "experiment-file": ("GET", MEMBERS),
    "experiment-bundle": ("GET", MEMBERS),
    "experiment-figure": ("GET", MEMBERS),
    "experiment-retry": ("POST", MEMBERS_ACT),
    "experiment-remove": ("POST", MEMBERS_ACT),
    # One study: its owner and the admin.
    "study": ("GET", MEMBERS),
    "study-edit": ("GET POST", MEMBERS),
    "study-preview": ("GET POST", MEMBERS),
    "study-progress": ("GET", MEMBERS),
    "procedure": ("GET POST", MEMBERS),
    "questions": ("GET POST", MEMBERS),
    "question-ready-made": ("POST", MEMBERS_ACT),
    "question-edit": ("GET POST", MEMBERS),
    "question-remove": ("POST", MEMBERS_ACT),
    "question-move": ("POST", MEMBERS_ACT),
    "question-duplicate": ("POST", MEMBERS_ACT),
    "conditions": ("GET POST", MEMBERS),
    "example-pictures": ("GET", MEMBERS),
    "example-create": ("GET POST", MEMBERS),
    "example-remove": ("POST", MEMBERS_ACT),
    "study-open": ("POST", MEMBERS_ACT),
    "study-pause": ("POST", MEMBERS_ACT),
    "study-close": ("POST", MEMBERS_ACT),
    "study-log": ("GET", MEMBERS),
    "drawings": ("GET", MEMBERS_ACT),  # to the results of this study's task
    "drawings-coco": ("GET", MEMBERS),
    "drawings-pngs": ("GET", MEMBERS),
    "drawings-figure": ("GET", MEMBERS),
    "drawing": ("GET", MEMBERS),
    "drawing-overlay": ("GET", MEMBERS),
    "drawing-mask": ("GET", MEMBERS),
    "things": ("GET", MEMBERS_ACT),
    "things-file": ("GET", MEMBERS),
    "generations-retry": ("POST", MEMBERS_ACT),
    "absent-words-retry": ("POST", MEMBERS_ACT),
    "prompts": ("GET POST", MEMBERS),
    "prompt": ("GET", MEMBERS),
    "upload": ("GET", MEMBERS),
    "upload-import": ("POST", MEMBERS_ACT),
    "upload-cancel": ("POST", MEMBERS_ACT),
    "upload-refused": ("GET", MEMBERS),
    "picture": ("GET", MEMBERS),
    "heat-map": ("GET", MEMBERS),
    "item-map": ("GET", MEMBERS),
    "gold-create": ("POST", MEMBERS_ACT),
    "gold-remove": ("POST", MEMBERS_ACT),
    "items": ("GET", MEMBERS),
    "item": ("GET", MEMBERS),
    "words": ("GET", MEMBERS),
    "word": ("GET", MEMBERS),
    "rater": ("GET", MEMBERS),
    "raters": ("GET", MEMBERS),
    "invitation-create": ("POST", MEMBERS_ACT),
    "invitation-revoke": ("POST", MEMBERS_ACT),
    "panel": ("GET POST", MEMBERS),
    "identities": ("POST", MEMBERS_ACT),
    # Signed by Prolific, or refused.
    "prolific-webhook": ("POST", (403, 403, 403, 403, 403)),
    "results": ("GET", MEMBERS),
    "results-figure": ("GET", MEMBERS),
    "methods": ("GET POST", MEMBERS),
    "methods-latex": ("GET", MEMBERS),
    "methods-interface": ("GET", MEMBERS),
    "export": ("GET", MEMBERS),
    "export-table": ("GET", MEMBERS),
    "export-pictures": ("GET", MEMBERS),
    "export-dataset": ("GET", MEMBERS),
    "snapshots": ("GET POST", MEMBERS),
    "snapshot": ("GET", MEMBERS),
    # One invitation: whoever has the link may read the consent; the rest is the rater's own.
    "rater-consent": ("GET POST", (200, 302, 200, 200, 200)),
    "rater-next": ("GET", THAT_RATER_GOES_ON),
    "rater-instructions": ("GET POST", THAT_RATER),
    # Not where this rater is: sent on.
    "rater-training": ("GET", THAT_RATER_GOES_ON),
    "rater-qualification": ("GET POST", THAT_RATER_GOES_ON),
    "rater-questionnaire": ("GET POST", THAT_RATER_GOES_ON),
    # The world's link is for no panel.
    "mturk-frame": ("GET", NOBODY),
    "rater-delete": ("GET POST", THAT_RATER),
    # 404 without a receipt, for the rater too.
    "rater-deleted": ("GET", NOBODY),
    "rater-break": ("GET POST", THAT_RATER_GOES_ON),
    "rater-screened-out": ("GET", THAT_RATER_GOES_ON),
    "rater-stopped": ("GET", THAT_RATER_GOES_ON),
    "practice-draw": ("POST", (404, 403, 404, 404, 404)),
    "practice-submit": ("POST", NOBODY),
    "practice-previous": ("GET", THAT_RATER),
    "example-picture": ("GET", THAT_RATER),
    "example-heat-map": ("GET", THAT_RATER),
    "rater-rate": ("GET", THAT_RATER),
    "rater-thanks": ("GET", (404, 302, 404, 404, 404)),
    "rater-leave": ("GET POST", THAT_RATER),
    "rater-draw": ("POST", THAT_RATER),
    # 404 for the rater too: an answer to no assignment of theirs.
    "rater-submit": ("POST", NOBODY),
    "rater-previous": ("GET", THAT_RATER),
    "rater-picture": ("GET", THAT_RATER),
    "rater-heat-map": ("GET", THAT_RATER),
}
UPLOAD_PAGES = ("upload", "upload-import", "upload-cancel", "upload-refused")
EXAMPLE_PAGES = (
    "example-create",
    "example-remove",
    "question-edit",
    "question-remove",
    "question-move",
    "question-duplicate",
)
QUERIES = {
    "drawings-figure": "?figure=sweep",
    "results-figure": "?figure=mos",
    "import-figure": "?figure=mos",
    "experiment-figure": "?figure=sweep",
    "rater-previous": "?before=5",
}


def site_names() -> list[str]:
    """The names of all addresses but the admin's, which are looked at below."""
    found = walk(get_resolver())
    return sorted(name for namespace, name in found if namespace is None)


def walk(resolver: URLResolver, namespace: str | None = None) -> Iterator[tuple[str | None, str]]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLPattern):
            yield namespace, pattern.name or str(pattern.pattern)
        else:
            yield from walk(pattern, pattern.namespace or namespace)


# -- the world -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class World:
    """Alice's open study with one of everything, and a browser for everybody."""

    study: Study
    rater: Rater
    upload: PromptUpload
    browsers: dict[str, Client]

    def address(self, name: str, *, study: Study | None = None) -> str:
        """Where something of Alice's is; or where it would be, were it another study's."""
        generation = self.study.generations.get()
        heat_map = generation.heat_maps.first()
        assignment = self.rater.assignments.first()
        assert heat_map is not None
        assert assignment is not None
        values: dict[str, Any] = {
            "study_id": (study or self.study).pk,
            "generation_id": generation.pk,
            "heat_map_id": heat_map.public_id,
            "pseudonym": self.rater.pseudonym,
            "item_id": assignment.item.public_id,
            "upload_id": self.upload.pk,
            "invitation_id": self.rater.invitation.pk,
            "token": self.rater.invitation.token,
            "assignment_id": assignment.public_id,
            "extension": {"study-config": "toml", "export-table": "csv"}.get(name, "svg"),
            "name": "ratings",
            "snapshot": self.study.snapshots.get().name,
            "word_id": heat_map.word_id,
            "question": "age",
            "token_id": ApiToken.objects.get().pk,
            "rest": "nothing",
            "experiment_id": self.study.owner.experiments.get().pk,
            "file_name": "result.json",
            "import_id": ImportedRatings.objects.get().pk,
            "example_id": self._example_key(name),
        }
        if name == "drawing-mask":
            drawn = Rating.objects.get(mask__isnull=False).assignment
            values |= {"item_id": drawn.item.public_id, "pseudonym": drawn.rater.pseudonym}
        (possibility,) = get_resolver().reverse_dict.getlist(name)
        wanted = possibility[0][0][1]
        return reverse(name, kwargs={key: values[key] for key in wanted}) + QUERIES.get(name, "")

    def _example_key(self, name: str) -> Any:
        """Raters know an example by its random name, researchers by its number."""
        example = self.study.examples.get()
        return example.pk if name == "example-remove" else example.public_id

    def ask(self, role: str, method: str, name: str) -> HttpResponseBase:
        """Ask, and forget what it did, so that everybody meets the same world."""
        client = self.browsers[role]
        cookies = deepcopy(client.cookies)
        with transaction.atomic():
            response = client.generic(method, self.address(name))
            transaction.set_rollback(True)
        client.cookies = cookies
        return response


def browser(user: User | None = None, **options: Any) -> Client:
    client = Client(**options)
    if user is not None:
        client.force_login(user)
    return client


@pytest.fixture
def world(alice: User, bob: User, carol: User) -> World:
    study = factories.make_open_study(alice, prompts=1)
    with_cookie = browser()
    invitation = study.invitations.get()
    with_cookie.post(reverse("rater-consent", args=[invitation.token]))
    with_cookie.post(reverse("rater-instructions", args=[invitation.token]))
    factories.make_example(study, Phase.INSTRUCTIONS)
    question = {"name": "age", "type": "number", "text": "How old are you?"}
    Procedure.objects.create(study=study, questionnaire=[question])
    rater = study.raters.get()  # the browser's
    assignments.draw(rater=rater, count=1)
    make_drawing(study)
    make_snapshot(study)
    upload = prompts.keep_upload(study=study, user=alice, file_name="a.txt", content=b"a cat")
    study.uploads.update(status=UploadStatus.READY)
    table = b"task,worker,label\na,ann,5\n"
    files.keep_file(user=alice, name="pilot", file_name="pilot.csv", content=table)
    api_tokens.issue_token(user=alice, name="notebook", scopes=[], days=1)
    factories.make_finished_experiment(alice)
    browsers = {"guest": browser(), "rater": with_cookie}
    browsers |= {user.username: browser(user) for user in (alice, bob, carol)}
    return World(study, rater, upload, browsers)


def make_drawing(study: Study) -> None:
    (held,) = assignments.draw(rater=factories.make_rater(study), count=1)
    nothing = masks.rle_of([factories.SIDE**2], factories.SIDE, factories.SIDE)
    answer = assignments.Answer(answer_id=uuid.uuid4(), mask=nothing)
    assignments.submit_rating(assignment=held, answer=answer)
    MaskComparison.objects.create(study=study, result=factories.RESULT, computed_at=timezone.now())


def make_snapshot(study: Study) -> None:
    asked = snapshots.request(study=study, user=None, name="v1")
    claimed = snapshots.claim(key=asked.pk)
    assert claimed is not None
    assert snapshots.write(snapshot=claimed, report=lambda done, total: None)


def outcome(response: HttpResponseBase) -> Outcome:
    if response.status_code == 302 and response.headers["Location"].startswith(reverse("login")):
        return "login"
    return response.status_code


# -- the tests -----------------------------------------------------------------------------------


def test_every_address_is_in_the_table() -> None:
    assert site_names() == sorted(PAGES)


def test_everybody_gets_what_the_table_says(world: World) -> None:
    found = {
        name: tuple(outcome(world.ask(role, methods.split()[0], name)) for role in ROLES)
        for name, (methods, _) in PAGES.items()
    }

    assert found == {name: tuple(expected) for name, (_, expected) in PAGES.items()}


POSTED = [name for name, (methods, _) in PAGES.items() if "POST" in methods]
OF_ONE_STUDY = [
    "prompt",
    "picture",
    "heat-map",
    "item",
    "item-map",
    "drawing",
    "drawing-overlay",
    "drawing-mask",
    "rater",
    "gold-create",
    "gold-remove",
    "rater-exclude",
    "rater-include",
    "invitation-revoke",
    *EXAMPLE_PAGES,
    *UPLOAD_PAGES,
]


def test_nobody_acts_on_what_is_not_theirs(world: World) -> None:
    """Where a page can be looked at and sent, sending is no easier than looking."""
    barred = {
        (name, role): expected
        for name in POSTED
        for role, expected in zip(ROLES, PAGES[name][1], strict=True)
        if expected in ("login", 404)
    }

    found = {(name, role): outcome(world.ask(role, "POST", name)) for name, role in barred}

    assert found == barred


def test_ones_own_study_is_no_door_to_anothers(world: World, bob: User) -> None:
    own = factories.make_study(bob)

    found = {
        name: world.browsers["bob"]
        .generic(PAGES[name][0].split()[0], world.address(name, study=own))
        .status_code
        for name in OF_ONE_STUDY
    }

    assert found == dict.fromkeys(OF_ONE_STUDY, 404)


def test_an_address_takes_its_own_methods_only(world: World) -> None:
    methods = ("GET", "POST", "PUT", "DELETE")
    names = [name for name in PAGES if name not in ("login", "logout")]
    role = {name: "rater" if PAGES[name][1][0] == 404 else "alice" for name in names}

    refused = {
        name: [m for m in methods if world.ask(role[name], m, name).status_code == 405]
        for name in names
    }

    assert refused == {
        name: [m for m in methods if m not in PAGES[name][0].split()] for name in names
    }


def test_nothing_is_done_for_another_site(world: World, alice: User) -> None:
    strict = browser(alice, enforce_csrf_checks=True)
    acting = [name for name in POSTED if name != "api-unknown"]  # does nothing for anybody

    found = {name: strict.post(world.address(name)).status_code for name in acting}

    assert found == dict.fromkeys(acting, 403)


def test_accounts_are_for_the_admin(world: World) -> None:
    for page in ("admin:index", "admin:auth_user_changelist", "admin:auth_user_add"):
        answers = [world.browsers[role].get(reverse(page)).status_code for role in ROLES]

        assert answers == [302, 302, 302, 302, 200]


def test_studies_cannot_be_changed_behind_the_pages(world: World) -> None:
    models = {name.rsplit("_", 1)[0] for space, name in walk(get_resolver()) if space == "admin"}

    assert {name for name in models if name.startswith("annotator")} == set()
    assert "auth_user" in models


def test_a_withdrawn_link_is_not_found(world: World) -> None:
    world.ask("alice", "POST", "invitation-revoke")
    address = world.address("rater-consent")
    assert browser().get(address).status_code == 200

    world.browsers["alice"].post(world.address("invitation-revoke"))

    assert browser().get(address).status_code == 404
    assert world.browsers["rater"].get(world.address("rater-rate")).status_code == 404
