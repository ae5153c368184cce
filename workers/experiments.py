"""The paper's experiments: claimed, run by the engine with progress, written, recorded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from django.conf import settings

from annotator import files, queue
from annotator.domain import experiments
from annotator.models import Experiment
from daam_engine import GenerationSettings, InvalidRequestError
from daam_engine.analysis.prompt_sets import UNREAL
from daam_engine.experiments import EXPERIMENTS, Outcome, Plan
from workers.edge import attempt
from workers.pace import PROGRESS_SECONDS, at_most_every, signs_of_life
from workers.pipelines import pipeline_of

_INPUT_FILES = {"prompts": "prompts.txt", "masks": "masks.json", "ontology": "ontology.tsv"}


class ClaimLost(Exception):
    """The experiment was removed, or given to another worker."""


@queue.app.task(name=queue.RUN_EXPERIMENT)
def run_experiment(key: int) -> None:
    """Run it, if it is still queued."""
    experiment = experiments.claim(key=key)
    if experiment is None:
        return
    reason = attempt(partial(_run_until_lost, experiment))
    if reason is not None:
        experiments.fail(experiment=experiment, reason=reason)


def _run_until_lost(experiment: Experiment) -> None:
    try:
        _run(experiment)
    except ClaimLost:
        return


def _run(experiment: Experiment) -> None:
    def advance(made: int, total: int) -> None:
        if not experiments.advance(experiment=experiment, made=made, total=total):
            raise ClaimLost

    now_and_then = at_most_every(PROGRESS_SECONDS, advance)

    with (
        signs_of_life(partial(experiments.touch, experiment=experiment)) as progressed,
        plan_of(experiment) as plan,
    ):

        def progress(made: int, total: int) -> None:
            """The last word is never passed over."""
            progressed()
            (advance if made == total else now_and_then)(made, total)

        outcome = EXPERIMENTS[experiment.kind](pipeline_of(experiment.model), plan, progress)
    _keep(experiment, outcome)


@contextmanager
def plan_of(experiment: Experiment) -> Iterator[Plan]:
    """What was asked for; files that were handed in exist while it lasts."""
    asked = experiment.parameters
    with TemporaryDirectory() as folder, _never_naming(folder):
        paths = {}
        for name, text in experiment.inputs.items():
            # COCO's captions are JSON, and told apart from a prompt per line by their ending.
            is_json = text.lstrip().startswith(("{", "["))
            ending = ".json" if is_json else Path(_INPUT_FILES[name]).suffix
            paths[name] = (Path(folder) / name).with_suffix(ending)
            paths[name].write_text(text, encoding="utf-8")
        yield Plan(
            limit=asked["limit"],
            seed=asked["seed"],
            unreal=_swapped(asked["unreal"]),
            segmenters=tuple(asked.get("segmenters", ())),  # older experiments had no such thing
            tau=asked["tau"],
            settings=GenerationSettings(asked["steps"], asked["guidance"]),
            parser=settings.LANGUAGE_PIPELINE,
            **paths,
        )


@contextmanager
def _never_naming(folder: str) -> Iterator[None]:
    """Whoever handed files in knows nothing of where they lie with us."""
    try:
        yield
    except InvalidRequestError as error:
        raise InvalidRequestError(str(error).replace(f"{folder}/", "")) from error


def _swapped(unreal: str | bool) -> tuple[str, ...]:
    """Older experiments said yes or no, and meant nouns."""
    return UNREAL["nouns"] if unreal is True else UNREAL.get(str(unreal), ())


def _keep(experiment: Experiment, outcome: Outcome) -> None:
    """Write the files, then the row that names them; without the row no file stays."""
    with files.Draft() as draft, TemporaryDirectory() as folder:
        stored = {
            path.name: draft.write("experiments", path.suffix, path.read_bytes())
            for path in outcome.write(Path(folder))
        }
        if experiments.record(experiment=experiment, result=outcome.as_json(), files=stored):
            draft.keep()
