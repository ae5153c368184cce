"""The fused kernel against the plain path, in Triton's interpreter: no GPU is needed.

The interpreter has to be chosen before Triton is imported, hence a process of its own, one for all
cases: most of its time goes into importing torch. It does not do bfloat16.
"""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

pytest.importorskip("triton", reason="Triton is made for Linux only")

COMPARE = """
import sys
from types import SimpleNamespace
import torch
from torch.testing import assert_close
from daam_engine.fused import add_attention_over_text, can_add
from daam_engine.observe import add, attention_over_text

for case in sys.argv[1:]:
    heads, width, pixels, n_text, start, stop, dtype = eval(case)
    torch.manual_seed(0)
    attention = SimpleNamespace(heads=heads, scale=width**-0.5, norm_q=None, norm_k=None)
    query = 2 * torch.randn(2, pixels, heads * width, dtype=dtype)
    key = 2 * torch.randn(2, n_text, heads * width, dtype=dtype)
    columns = (slice(start, stop),)
    expected = torch.rand(2, 1, pixels, stop - start)
    found = expected.clone()
    add(attention_over_text(attention, query, key, columns), expected)
    add_attention_over_text(attention, query, key, columns[0], found)
    assert_close(found, expected, atol=1e-5, rtol=1e-5)
    assert not can_add(attention, query, found, 1)  # not on a GPU
    print("equal:", case)
"""
CASES = (
    "(5, 64, 100, 77, 0, 10, torch.float32)",  # Stable Diffusion 2; a last block half empty
    "(2, 40, 64, 77, 0, 77, torch.float16)",  # a head that is no power of two wide
    "(1, 160, 70, 16, 3, 9, torch.float32)",  # tokens from the middle
)


def test_the_fused_kernel_adds_what_the_plain_path_adds():
    environment = {**os.environ, "TRITON_INTERPRET": "1"}
    command = [sys.executable, "-c", COMPARE, *CASES]
    ran = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert ran.stdout.splitlines() == [f"equal: {case}" for case in CASES], ran.stderr[-2000:]
    assert ran.returncode == 0
