from __future__ import annotations

import subprocess
import sys


def test_importing_the_engine_imports_no_site_parser_or_plotting():
    probe = (
        "import sys, daam_engine, daam_engine.store, daam_engine.cli;"
        "print([m for m in ('django', 'celery', 'spacy', 'matplotlib') if m in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"


def test_the_table_of_contents_is_true():
    import daam_engine

    assert sorted(daam_engine.__all__) == daam_engine.__all__
    assert all(hasattr(daam_engine, name) for name in daam_engine.__all__)
