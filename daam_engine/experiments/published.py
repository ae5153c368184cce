"""What the paper printed, as far as it was verified, to stand beside our own figures.

`SOURCES` says how each figure was read: none of them was copied from the paper itself, whose full
text was not at hand. Figures that are only remembered are not here.
"""

from __future__ import annotations

MODEL = "Stable Diffusion 2 base, COCO captions"
SOURCES = {
    "abstract": "the paper's abstract",
    "lecture": "second-hand: the paper's table in the slides of a Harvard lecture, bold cells only",
    "notes": "second-hand: a section-by-section note of the paper",
    "notebook": "printed in the released notebook, whose absolute threshold is not the paper's",
}

# (mIoD, mIoH)
SYNTAX = {
    "unrelated": (0.651, 0.661),
    "head–dependent": (0.623, 0.620),
    "compound": (0.713, 0.715),
    "coreferent": (0.848, 0.774),
}
NOTEBOOKS_SYNTAX = {
    "compound": (0.5913, 0.4999),
    "punct": (0.0245, 0.0010),
    "conj:and": (0.5550, 0.3965),
    "det": (0.1301, 0.0066),
    "case": (0.1809, 0.0590),
    "acl": (0.2869, 0.1110),
    "nsubj": (0.1069, 0.2271),
    "amod": (0.4506, 0.1905),
    "nmod:of": (0.1286, 0.2199),
    "obj": (0.1057, 0.3644),
}
# What the paper says of whose map contains whose (lecture, notes).
DOMINANT = {
    "compound": "neither",
    "punct": "neither",
    "det": "neither",
    "nsubj": "head",
    "obj": "head",
    "nmod:of": "head",
    "amod": "dependent",
    "acl": "dependent",
}
NOUN_MIOU_RANGE = (0.588, 0.648)  # abstract
NOUN_MIOU = "58.8–64.8 %, by the abstract,"
COHYPONYM_ACCURACY, OTHER_ACCURACY = 0.52, 0.61  # notes; the abstract says 9 points
