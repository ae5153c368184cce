"""How heavy the rating page is, and how long from a key press to the next item on the screen.

    .venv/bin/python benchmarks/rating_page.py [--quick]

A real gunicorn, the machine's own Chromium at 1280 × 800, pictures of 512 × 512. Claims: `page_kb`
(bytes over the wire on a first visit with an empty cache, pictures and maps apart) and
`key_to_paint_ms_p50`, `key_to_paint_ms_p95` (from the key event to the frame that shows the next
item, pressed 150 ms after the last was shown). The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Page, sync_playwright

sys.path[0] = str(Path(__file__).resolve().parent.parent)  # for `tests`; and not this folder

SIDE = 512
PAUSE_MS = 150
READY = "#rate[aria-busy=false]"

# From the browser's own time of the key, to the message that is handled after the next frame.
WATCH = """() => {
    window.times = [];
    let pressed = null;
    addEventListener("keydown", (event) => { pressed = event.timeStamp; }, true);
    new MutationObserver(() => {
        if (pressed === null) return;
        const from = pressed;
        pressed = null;
        requestAnimationFrame(() => {
            const channel = new MessageChannel();
            channel.port1.onmessage = () => window.times.push(performance.now() - from);
            channel.port2.postMessage(null);
        });
    }).observe(document.getElementById("question"), { childList: true });
}"""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="40 ratings, not 200")
    ratings = 40 if parser.parse_args().quick else 200
    # Playwright's loop runs in the thread that also sets the study up.
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "annotator.settings",
        "DJANGO_ALLOW_ASYNC_UNSAFE": "true",
        "LOG_LEVEL": "WARNING",
    }
    with tempfile.TemporaryDirectory(prefix="rating-page-") as folder:
        os.environ["ANNOTATOR_TRIAL_DIR"] = folder
        address = make_study(ratings + 20)
        report(*measure(address, ratings))


def make_study(items: int) -> str:
    """An open study with large pictures; returns the path of its link."""
    import django

    django.setup()
    from django.contrib.auth.models import User
    from django.core.management import call_command

    from tests import factories

    call_command("migrate", verbosity=0)
    factories.SIDE = SIDE
    owner = User.objects.create_user("benchmark")
    study = factories.make_open_study(
        owner, prompts=-(-items // 3), items_per_part_of_speech=items, items_per_rater=items
    )
    return f"/r/{study.invitations.get().token}/"


def measure(path: str, ratings: int) -> tuple[dict[str, int], list[float]]:
    """Bytes by address on a first visit, and the times of so many key presses."""
    from tests.site_server import serve

    with serve(workers=2, threads=4) as site, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(site.address + path)
        page.get_by_role("button", name="agree").click()
        page.wait_for_url("**/instructions/")
        page.get_by_role("button", name="Start rating").click()
        page.wait_for_url("**/rate/")
        weights = first_visit(page, site.address + path + "rate/")
        times = press_keys(page, ratings)
        browser.close()
    return weights, times


def first_visit(page: Page, address: str) -> dict[str, int]:
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    network.send("Network.clearBrowserCache")
    addresses: dict[str, str] = {}
    weights: dict[str, int] = {}

    def begun(event: dict[str, Any]) -> None:
        addresses[event["requestId"]] = event["request"]["url"].removeprefix(address)

    def ended(event: dict[str, Any]) -> None:
        url = addresses[event["requestId"]]
        weights[url] = weights.get(url, 0) + int(event["encodedDataLength"])

    network.on("Network.requestWillBeSent", begun)
    network.on("Network.loadingFinished", ended)
    page.goto(address)
    page.wait_for_selector(READY)
    page.wait_for_load_state("networkidle")
    network.detach()
    return {
        url: size
        for url, size in weights.items()
        if "/pictures/" not in url and "/maps/" not in url
    }


def press_keys(page: Page, ratings: int) -> list[float]:
    page.evaluate(WATCH)
    for number in range(ratings):
        page.wait_for_selector(READY)
        page.wait_for_timeout(PAUSE_MS)
        page.keyboard.press("12345"[number % 5])
    page.wait_for_selector(READY)
    return list(page.evaluate("window.times"))


def report(weights: dict[str, int], times: list[float]) -> None:
    for url, size in sorted(weights.items(), key=lambda pair: -pair[1]):
        print(f"{size / 1000:8.1f} kB  {url or 'the page itself'}")
    total = sum(weights.values()) / 1000
    p50, p95 = (float(number) for number in np.percentile(times, [50, 95]))
    print(f"{total:8.1f} kB  together, in {len(weights)} requests")
    print(f"key press to the next item painted: {p50:.1f} ms median, {p95:.1f} ms at the 95th")
    print(f"percentile, of {len(times)}")
    figures = {"page_kb": total, "key_to_paint_ms_p50": p50, "key_to_paint_ms_p95": p95}
    print(json.dumps({name: round(value, 1) for name, value in figures.items()}))


if __name__ == "__main__":
    main()
