"""Everything on this machine with one command: a study made for real, and the site with it."""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse
from tqdm import tqdm

from annotator.domain.design import studies
from annotator.domain.material import generations
from annotator.enums import StudyStatus
from annotator.errors import StudyNotReady
from annotator.models import Study
from workers import demo_study
from workers.processes import Family, ProcessEndedError

HOST = "127.0.0.1"
START_SECONDS = 60.0


class Command(BaseCommand):
    help = "Make a study with the bundled model, fill it with simulated raters, and serve it."

    def handle(self, *args: Any, **options: Any) -> None:
        folder = settings.TRIAL_DIR
        if folder is None:
            raise CommandError("Name a folder for the demo's data: ANNOTATOR_TRIAL_DIR=var.")
        port = _port()
        # Ending by `kill` or by closing the terminal stops the children too, as Ctrl-C does; and
        # Ctrl-C does whatever started us, which may have told us to ignore it.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, _interrupt)
        try:
            self._run(folder, port)
        except KeyboardInterrupt:
            self.stdout.write("Stopped. Everything is kept; start again with the same command.")
        except ProcessEndedError as error:
            raise CommandError("The demo stopped because one of its processes did.") from error

    def _run(self, folder: Path, port: int) -> None:
        login = self._prepare(folder / "demo-login.txt")
        study = demo_study.study_of(login.user)
        if not study.prompts.exists():
            self._say("Reading the demo's prompts …")
            call_command("import_prompts", str(study.pk), str(demo_study.PROMPTS), strict=True)
        with Family(folder / "logs", {"ANNOTATOR_TRIAL_DIR": str(folder)}) as family:
            try:
                self._start_workers(family, study)
                self._make_pictures(family, study)
                self._fill(study)
                self._serve(family, port)
                self._tell(folder, port, login, study)
                while True:
                    family.check()
                    time.sleep(1)
            except ProcessEndedError as error:
                self.stderr.write(str(error))
                raise
            finally:
                self._say("\nStopping …")

    def _prepare(self, file: Path) -> demo_study.Login:
        self._say("Preparing the database and the static files …")
        call_command("migrate", verbosity=0, interactive=False)
        call_command("collectstatic", verbosity=0, interactive=False)
        return demo_study.login(file)

    def _start_workers(self, family: Family, study: Study) -> None:
        self._say("Starting the workers …")
        demo_study.take_back_claims()
        generations.retry_failed(study=study)
        family.start("gpu-worker", _celery("gpu"), settings.BASE_DIR)
        family.start("cpu-worker", _celery("cpu", "--beat"), settings.BASE_DIR)

    def _make_pictures(self, family: Family, study: Study) -> None:
        total = study.generations.count()
        now = generations.progress(study=study)
        if not now.unfinished:
            return
        self._say("Making the pictures and their heat maps …")
        with tqdm(total=total, initial=now.done + now.failed, unit=" pictures") as bar:
            while now.unfinished:
                time.sleep(0.5)
                family.check()
                now = generations.progress(study=study)
                bar.update(now.done + now.failed - bar.n)
        if now.failed:
            self._say(f"{now.failed} pictures could not be made; the study's page says why.")

    def _fill(self, study: Study) -> None:
        """Open the study and let simulated raters in, where that has not been done."""
        study.refresh_from_db()
        if study.status == StudyStatus.DRAFT:
            self._say("Opening the study …")
            try:
                studies.open_study(study=study, user=study.owner)
            except StudyNotReady as error:
                raise CommandError(str(error)) from error
            study.refresh_from_db()
        if not study.raters.exists():
            self._say("Letting simulated raters in …")
            call_command(
                "simulate_raters",
                str(study.pk),
                raters=demo_study.SIMULATED_RATERS,
                seed=study.seed,
            )

    def _serve(self, family: Family, port: int) -> None:
        self._say("Starting the site …")
        family.start("site", _gunicorn(port), settings.BASE_DIR)
        _wait_until_served(family, port)

    def _tell(self, folder: Path, port: int, login: demo_study.Login, study: Study) -> None:
        site = f"http://{HOST}:{port}"
        invitation = studies.invite(study=study, note="demo")
        self._say(
            f"""
The site runs, on this machine only.

  Rate:      {site}{reverse("rater-consent", args=[invitation.token])}
  Research:  {site}{reverse("study", args=[study.pk])}
             log in as {login.user.get_username()} with the password {login.password}

Everything is kept in {folder} (the log-in in demo-login.txt, logs in logs/).
Ctrl-C stops it."""
        )

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _port() -> int:
    text = os.environ.get("PORT", "8000")
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 2**16):
        raise CommandError(f"PORT must be a number from 1 to 65535, not {text!r}.")
    with socket.socket() as probe:
        # As the server binds: a port that a stopped server has just left is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, int(text)))
        except OSError as error:
            raise CommandError(
                f"Port {text} cannot be used ({error.strerror}). "
                f"Choose another: PORT={int(text) + 1} make demo"
            ) from error
    return int(text)


def _celery(queue: str, *options: str) -> list[str]:
    # Gossip and mingling are for clusters; in a folder of messages they are only more files.
    quiet = ("--without-gossip", "--without-mingle", "--without-heartbeat")
    worker = ("worker", "-Q", queue, "-n", f"{queue}@%h", "--pool", "solo", "--loglevel", "INFO")
    return [sys.executable, "-m", "celery", "-A", "workers.app", *worker, *quiet, *options]


def _gunicorn(port: int) -> list[str]:
    served = ("annotator.wsgi", "--bind", f"{HOST}:{port}", "--workers", "2", "--threads", "4")
    # It would be in the home folder, one for all sites of this user.
    return [sys.executable, "-m", "gunicorn", *served, "--no-control-socket"]


def _wait_until_served(family: Family, port: int) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        family.check()
        try:
            with urllib.request.urlopen(f"http://{HOST}:{port}{reverse('health-ready')}"):
                return
        except urllib.error.URLError:
            time.sleep(0.2)
    raise ProcessEndedError(f"The site did not answer within {START_SECONDS:.0f} s; see the logs.")
