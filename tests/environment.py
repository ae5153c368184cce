"""Settings for the test session, before anything reads them (loaded by `-p` in pyproject.toml).

On its own the suite runs on SQLite in a temporary folder. `python -m tests.services COMMAND` starts
a PostgreSQL and a Redis and names them in the environment; then the same tests run on those.
"""

import atexit
import os
import shutil
import tempfile

os.environ["DJANGO_SETTINGS_MODULE"] = "annotator.settings"
# Processes that share the tests' work (gw0, gw1, …) inherit what the first one set: a folder and a
# Redis database, which each needs for itself.
_process = os.environ.get("PYTEST_XDIST_WORKER")
if "ANNOTATOR_TRIAL_DIR" not in os.environ or _process:
    _folder = tempfile.mkdtemp(prefix="annotator-tests-")
    atexit.register(shutil.rmtree, _folder, ignore_errors=True)
    os.environ["ANNOTATOR_TRIAL_DIR"] = _folder
if _process and os.environ.get("BROKER_URL", "").startswith("redis://"):
    _server, _, _ = os.environ["BROKER_URL"].rpartition("/")
    os.environ["BROKER_URL"] = f"{_server}/{1 + int(_process.removeprefix('gw'))}"
# Browser tests look at the database from a thread that has an event loop.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
# Threads that wait by spinning keep those they wait for from running; see workers/app.py.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# No test may reach for a hub.
os.environ["HF_HUB_OFFLINE"] = "1"
