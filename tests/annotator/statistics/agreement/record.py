"""Write recorded.json: what irrCAC and pingouin say about simulated ratings.

    python -m venv REFERENCE
    REFERENCE/bin/pip install pingouin && REFERENCE/bin/pip install --no-deps irrCAC
    REFERENCE/bin/python tests/annotator/statistics/agreement/record.py

irrCAC pins an old scipy, and pingouin (GPL-3) brings a plotting stack, so both live in an
environment of their own and the suite reads what they said, at full precision.
"""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
import pingouin
from irrCAC.raw import CAC

SCALE = [1.0, 2.0, 3.0, 4.0, 5.0]
WEIGHTS = ("identity", "linear", "quadratic", "ordinal")
MISSING = {"complete": 0.0, "some missing": 0.2, "mostly missing": 0.7}


def ratings(seed: int, n_raters: int, n_items: int, missing: float) -> pd.DataFrame:
    """Items × raters: correlated, skewed to the top of the scale, raters of different severity."""
    rng = np.random.default_rng(seed)
    quality, severity = rng.normal(4.0, 0.8, (n_items, 1)), rng.normal(0, 0.5, n_raters)
    noise = rng.normal(0, 0.8, (n_items, n_raters))
    scores = np.clip(np.rint(quality - severity + noise), 1, 5)
    scores[rng.random(scores.shape) < missing] = np.nan
    return pd.DataFrame(scores)


def irrcac(table: pd.DataFrame, weights: str) -> dict[str, float]:
    found = CAC(table.copy(), weights=weights, categories=SCALE, digits=17)
    gwet, fleiss = found.gwet()["est"], found.fleiss()["est"]
    return {
        "ac": float(gwet["coefficient_value"]),
        "standard_error": float(gwet["se"]),
        "fleiss": float(fleiss["coefficient_value"]),
    }


def iccs(table: pd.DataFrame) -> dict[str, float]:
    long = table.rename_axis("item").reset_index().melt("item", var_name="rater")
    found = pingouin.intraclass_corr(long, targets="item", raters="rater", ratings="value")
    return {str(kind): float(icc) for kind, icc in zip(found["Type"], found["ICC"], strict=True)}


def main() -> None:
    cases = []
    for name, missing in MISSING.items():
        for seed in range(3):
            table = ratings(seed, n_raters=4 + 2 * seed, n_items=25, missing=missing)
            case = {"name": f"{name}, {seed}", "ratings": table.T.to_numpy().tolist()}
            case |= {weights: irrcac(table, weights) for weights in WEIGHTS}
            if not missing:
                case["icc"] = iccs(table)
            cases.append(case)
    versions = json.dumps({name: version(name) for name in ("irrCAC", "pingouin")})
    lines = ",\n".join(json.dumps(case) for case in cases)  # a line per case: readable in a diff
    text = f'{{"versions": {versions},\n"cases": [\n{lines}\n]}}\n'
    Path(__file__).with_name("recorded.json").write_text(text.replace("NaN", "null"))


if __name__ == "__main__":
    main()
