"""The states things can be in. Stored as words, so that a database dump can be read."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class StudyStatus(TextChoices):
    DRAFT = "draft", _("draft")
    OPEN = "open", _("open")
    PAUSED = "paused", _("paused")
    CLOSED = "closed", _("closed")


class Task(TextChoices):
    """What raters of a study do with an item."""

    RATING = "rating", _("rate how well a heat map fits its word")
    SEGMENTATION = "segmentation", _("draw where a noun's thing is in the picture")
    PRESENCE = "presence", _("say which things are in the picture")


class UploadStatus(TextChoices):
    INSPECTING = "inspecting", _("being read")
    READY = "ready", _("ready to import")
    REFUSED = "refused", _("refused")
    IMPORTING = "importing", _("being imported")
    IMPORTED = "imported", _("imported")


class SnapshotStatus(TextChoices):
    QUEUED = "queued", _("queued")
    WRITING = "writing", _("being written")
    READY = "ready", _("ready")
    FAILED = "failed", _("failed")


class GenerationStatus(TextChoices):
    QUEUED = "queued", _("queued")
    RUNNING = "running", _("running")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")


class AnalysisStatus(TextChoices):
    QUEUED = "queued", _("queued")
    RUNNING = "running", _("running")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")


class ExperimentKind(TextChoices):
    """The paper's experiments besides the ratings, and more, by the names the engine gives them.

    Raters never read these, so they are English only.
    """

    SEGMENTATION = "segmentation", "Segmentation: do nouns' maps cover their things?"
    SYNTAX = "syntax", "Syntax: how do maps of related words overlap?"
    COHYPONYMS = "cohyponyms", "Cohyponyms: are two things of one kind harder?"
    ADJECTIVES = "adjectives", "Adjectives: what do they change beyond their noun?"
    ABLATION = "ablation", "Ablation: which layers, heads and steps matter?"
    WORDS = "words", "Words: how large, concentrated and spread are their maps?"


class UnrealSwap(TextChoices):
    """Words that an experiment swaps among its prompts, by the engine's names; English only."""

    NONE = "", "Nothing"
    NOUNS = "nouns", "Nouns"
    ADJECTIVES = "adjectives", "Adjectives"
    BOTH = "both", "Nouns and adjectives"


class ExperimentStatus(TextChoices):
    QUEUED = "queued", _("queued")
    RUNNING = "running", _("running")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")


class AssignmentStatus(TextChoices):
    OPEN = "open", _("open")
    SUBMITTED = "submitted", _("submitted")
    RETURNED = "returned", _("returned")
    EXPIRED = "expired", _("expired")


# An assignment that holds its item's slot: nobody else can be given it.
HOLDING = (AssignmentStatus.OPEN, AssignmentStatus.SUBMITTED)


class AssignmentPurpose(TextChoices):
    """Why an item is given to a rater. Only the first is one of the ratings the item wants."""

    RATING = "rating", _("rating")
    GOLD = "gold", _("gold check")
    REPEAT = "repeat", _("repeat")


class ItemKind(TextChoices):
    """What is shown: the word's own map, a map that is wrong by construction, or a known answer."""

    REAL = "real", _("real")
    SHUFFLED_WORD = "shuffled_word", _("another word's map")
    OTHER_SEED = "other_seed", _("another picture's map")
    RANDOM_BLOB = "random_blob", _("random blob")
    BLANK = "blank", _("blank")
    ABSENT_WORD = "absent_word", _("absent word's map")
    GOLD = "gold", _("gold")


CONTROL_KINDS = (
    ItemKind.SHUFFLED_WORD,
    ItemKind.OTHER_SEED,
    ItemKind.RANDOM_BLOB,
    ItemKind.BLANK,
    ItemKind.ABSENT_WORD,
)


class Flag(TextChoices):
    """What can be unusual about a rater's answers."""

    TOO_FAST = "too_fast", _("too fast")
    STRAIGHT_LINING = "straight_lining", _("always the same answer")
    FAILED_GOLD = "failed_gold", _("gold items missed")
    FAILED_CONTROLS = "failed_controls", _("controls not told from real maps")
    LOW_AGREEMENT = "low_agreement", _("far from the others")
    SELF_DISAGREEMENT = "self_disagreement", _("far from themselves")


class CheckRule(TextChoices):
    """What happens by itself to a rater who fails gold items or controls."""

    OFF = "off", _("nothing: a person looks at the flags")
    FLAG = "flag", _("it is noted in the log")
    STOP = "stop", _("it is noted in the log, and the rater is stopped")


class Stop(TextChoices):
    """Why a rater was stopped in the middle of a study."""

    RETURNED = "returned", _("submission returned or timed out")
    FAILED_CHECKS = "failed_checks", _("checks failed")


class PayPer(TextChoices):
    """What raters are paid by."""

    RATING = "rating", _("rating")
    HOUR = "hour", _("hour")
    RATER = "rater", _("rater")


class OptOut(TextChoices):
    """Why a rater gave no score. The paper's two, stored apart from the scores."""

    IMAGE_TOO_POOR = "image_too_poor", _("Picture too poor to judge")
    WORD_TOO_ABSTRACT = "word_too_abstract", _("Word too abstract to place")


class Phase(TextChoices):
    """Where a rater is, in the order of a study. Consent comes before there is a rater."""

    INSTRUCTIONS = "instructions", _("instructions")
    TRAINING = "training", _("training")
    QUALIFICATION = "qualification", _("qualification")
    RATING = "rating", _("rating")
    QUESTIONNAIRE = "questionnaire", _("questionnaire")
    FINISHED = "finished", _("finished")
    SCREENED_OUT = "screened_out", _("screened out")


class ColourMap(TextChoices):
    """The engine's colour tables. The first two are even to the eye, also to one colour-blind."""

    VIRIDIS = "viridis", _("viridis: dark blue to yellow")
    INFERNO = "inferno", _("inferno: black to pale yellow")
    TURBO = "turbo", _("turbo: blue to red")
    JET = "jet", _("jet: blue to red, as in the paper")


class Panel(TextChoices):
    """Who sends raters and wants to hear when they are done."""

    PROLIFIC = "prolific", "Prolific"
    MTURK = "mturk", "Mechanical Turk"
    SONA = "sona", "SONA"


class Scope(TextChoices):
    """What an API token may be used for."""

    READ_STUDIES = "read:studies", _("read studies, items and batches")
    READ_RATINGS = "read:ratings", _("read ratings")
    READ_STATISTICS = "read:statistics", _("read statistics")
    WRITE_BATCHES = "write:batches", _("upload and import prompts")


class InputMethod(TextChoices):
    KEYBOARD = "keyboard", _("keyboard")
    POINTER = "pointer", _("mouse or touch")
    SIMULATED = "simulated", _("simulated rater")


class PartOfSpeech(TextChoices):
    """Universal Dependencies' seventeen, in the order reports list them."""

    NOUN = "NOUN", _("noun")
    PROPN = "PROPN", _("proper noun")
    VERB = "VERB", _("verb")
    ADJ = "ADJ", _("adjective")
    ADV = "ADV", _("adverb")
    NUM = "NUM", _("numeral")
    ADP = "ADP", _("adposition")
    PRON = "PRON", _("pronoun")
    DET = "DET", _("determiner")
    AUX = "AUX", _("auxiliary")
    CCONJ = "CCONJ", _("coordinating conjunction")
    SCONJ = "SCONJ", _("subordinating conjunction")
    PART = "PART", _("particle")
    INTJ = "INTJ", _("interjection")
    PUNCT = "PUNCT", _("punctuation")
    SYM = "SYM", _("symbol")
    X = "X", _("other")
