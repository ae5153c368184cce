"""What is stored. One file per part of a study's life; querysets stand beside their models."""

from annotator.models.analysis import Analysis
from annotator.models.experiment import Experiment
from annotator.models.flag_exclusion import FlagExclusion
from annotator.models.generation import Generation, HeatMap
from annotator.models.imported import ImportedRatings
from annotator.models.item import Item
from annotator.models.mask_comparison import MaskComparison
from annotator.models.phase import Example, PracticeAnswer, Procedure, QuestionnaireResponse
from annotator.models.prompt import Prompt, PromptBatch, PromptUpload, Word
from annotator.models.rating import Assignment, Invitation, Rater, Rating
from annotator.models.recruitment import JoinWindow, PanelEvent, PanelLink, Participant
from annotator.models.reporting import Reporting
from annotator.models.snapshot import Snapshot
from annotator.models.study import LogEntry, Study
from annotator.models.token import ApiToken

__all__ = [
    "Analysis",
    "ApiToken",
    "Assignment",
    "Example",
    "Experiment",
    "FlagExclusion",
    "Generation",
    "HeatMap",
    "ImportedRatings",
    "Invitation",
    "Item",
    "JoinWindow",
    "LogEntry",
    "MaskComparison",
    "PanelEvent",
    "PanelLink",
    "Participant",
    "PracticeAnswer",
    "Procedure",
    "Prompt",
    "PromptBatch",
    "PromptUpload",
    "QuestionnaireResponse",
    "Rater",
    "Rating",
    "Reporting",
    "Snapshot",
    "Study",
    "Word",
]
