"""The closed vocabulary of the paper's mIoU⁸⁰: the classes of COCO's detection task."""

from __future__ import annotations

CLASSES = frozenset(
    """
    person bicycle car motorcycle airplane bus train truck boat bench bird cat dog horse sheep cow
    elephant bear zebra giraffe backpack umbrella handbag tie suitcase frisbee skis snowboard kite
    skateboard surfboard bottle cup fork knife spoon bowl banana apple sandwich orange broccoli
    carrot pizza donut cake chair couch bed toilet tv laptop mouse remote keyboard microwave oven
    toaster sink refrigerator book clock vase scissors toothbrush
    """.split()  # noqa: SIM905  sixty-five quoted strings are harder to read
) | {
    "traffic light", "fire hydrant", "stop sign", "parking meter", "sports ball", "baseball bat",
    "baseball glove", "tennis racket", "wine glass", "hot dog", "potted plant", "dining table",
    "cell phone", "teddy bear", "hair drier",
}  # fmt: skip
_SYNONYMS = {
    "person": ("man", "woman", "boy", "girl", "child", "kid", "baby", "guy", "lady", "people"),
    "bicycle": ("bike",),
    "motorcycle": ("motorbike",),
    "airplane": ("aeroplane", "plane", "jet"),
    "boat": ("ship", "sailboat", "canoe"),
    "couch": ("sofa",),
    "tv": ("television",),
    "donut": ("doughnut",),
    "refrigerator": ("fridge",),
    "dining table": ("table",),
    "cell phone": ("phone", "cellphone", "smartphone"),
    "dog": ("puppy",),
    "cat": ("kitten",),
}
_BY_SYNONYM = {word: name for name, words in _SYNONYMS.items() for word in words}


def class_of(lemma: str) -> str | None:
    """The class that a noun names, itself or by a common synonym; None for all other words.

    Classes of two words are known by their synonyms alone, since words are looked up singly.
    """
    lower = lemma.lower()
    return lower if lower in CLASSES else _BY_SYNONYM.get(lower)
