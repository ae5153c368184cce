"""Every line of Python in the guide to the engine runs, from top to bottom."""

from __future__ import annotations

import re
from pathlib import Path

import torch

from daam_engine import locate

GUIDE = (Path(__file__).parents[1] / "docs" / "engine.md").read_text(encoding="utf-8")


def test_the_guides_python_runs_and_gives_what_it_says(monkeypatch):
    monkeypatch.setattr(locate, "_families", dict(locate._families))
    blocks = re.findall(r"```python\n(.*?)```", GUIDE, flags=re.DOTALL)
    assert len(blocks) == 8
    names: dict[str, object] = {}
    for code in blocks:
        exec(code, names)  # noqa: S102
    assert names["circle"].word.text == "circle"
    assert names["found"].words[1].word.text == "red"
    assert names["star"].word.text == "star"
    assert not torch.equal(names["early"][2].soft, names["first_layer"][2].soft)
    assert "MyDenoiser" in locate._families
