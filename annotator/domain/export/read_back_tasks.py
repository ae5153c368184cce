"""What a snapshot's raters drew or saw, read back from its tables as scores are by `read_back`."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from zipfile import ZipFile

from annotator.domain.export.read_back import Cells, table
from annotator.domain.export.task_tables import SEPARATOR
from annotator.domain.rating import masks
from annotator.domain.rating.masks import Rle
from annotator.domain.rating.presence import NOUNS, Seen
from annotator.enums import AssignmentPurpose
from annotator.statistics import Estimate


def agreement(archive: ZipFile, without: Collection[str]) -> Estimate:
    """Of a study's masks, without those of these raters."""
    drawn: dict[str, list[Rle]] = defaultdict(list)
    columns = ("mask_height", "mask_width", "mask_counts")
    for row in _counted(archive, "drawings", columns, without):
        size = [int(row["mask_height"]), int(row["mask_width"])]
        drawn[row["item_id"]].append(Rle(size=size, counts=row["mask_counts"]))
    return masks.mean_overlap(
        (int(item["image_id"]), masks.ious(drawn[item["item_id"]]))
        for item in _items(archive, "image_id", among=drawn)
    )


def seen(archive: ZipFile, without: Collection[str]) -> list[Seen]:
    """What is seen in a study's pictures, without the answers of these raters."""
    answers: dict[str, list[Cells]] = defaultdict(list)
    for row in _counted(archive, "things", ("asked", "seen"), without):
        answers[row["item_id"]].append(row)
    files = {row["prompt_id"]: row["batch"] for row in table(archive, "prompts", _OF_PROMPTS)}
    nouns = _nouns(archive)
    return [
        _seen(answers[item["item_id"]], files[item["prompt_id"]], list(nouns[item["prompt_id"]]))
        for item in _items(archive, "prompt_id", among=answers)
    ]


_OF_PROMPTS = ("prompt_id", "batch")
_OF_RATINGS = ("rating_id", "rater_id", "rater_excluded_at", "purpose")


def _counted(
    archive: ZipFile, name: str, columns: tuple[str, ...], without: Collection[str]
) -> Iterator[Cells]:
    """The answers that items want, by raters who are not excluded, in the order they were given."""
    counted = {
        row["rating_id"]
        for row in table(archive, "ratings", _OF_RATINGS)
        if row["purpose"] == AssignmentPurpose.RATING
        and not row["rater_excluded_at"]
        and row["rater_id"] not in without
    }
    for row in table(archive, name, ("rating_id", "item_id", *columns)):
        if row["rating_id"] in counted:
            yield row


def _items(archive: ZipFile, column: str, among: Collection[str]) -> list[Cells]:
    """In the study's order."""
    rows = table(archive, "items", ("item_id", "position", column))
    return sorted(
        (row for row in rows if row["item_id"] in among), key=lambda row: int(row["position"])
    )


def _nouns(archive: ZipFile) -> Mapping[str, Mapping[str, None]]:
    """Of every prompt, each once and in its order."""
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for row in table(archive, "words", ("prompt_id", "word", "pos")):
        if row["pos"] in NOUNS:
            found[row["prompt_id"]][row["word"]] = None
    return found


def _seen(answers: list[Cells], batch: str, named: list[str]) -> Seen:
    counted = Counter(name for answer in answers for name in _names(answer["seen"]))
    asked = {name: counted[name] for name in _names(answers[0]["asked"])}
    return Seen(batch, named, asked, n=len(answers))


def _names(cell: str) -> list[str]:
    return cell.split(SEPARATOR) if cell else []
