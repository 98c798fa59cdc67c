"""In a real browser: sliders moved by keys, and not one request to another machine, in the pages and in JupyterLab.

Where Chromium, Playwright or JupyterLab is missing these tests are skipped; the others look at the same HTML without a browser.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from attention_np.course.copying import copy_course, course_files
from attention_np.course.edition import write_edition

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
if CHROMIUM is None or importlib.util.find_spec("playwright") is None:
    pytest.skip("no Chromium with Playwright", allow_module_level=True)

HERE = re.compile(r"(?:file|data|blob|about):|https?://(?:127\.0\.0\.1|localhost)[:/]")
WITH_A_SLIDER = "06_back_through_softmax"
PATIENCE = 180_000


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


class Watched:
    """A page that remembers who was asked for anything, and what went wrong."""

    def __init__(self, browser: Any, **options: Any) -> None:
        self.page = browser.new_page(viewport={"width": 1200, "height": 900}, **options)
        self.outside: list[str] = []
        self.errors: list[str] = []
        self.page.set_default_timeout(PATIENCE)
        self.page.on("request", lambda request: HERE.match(request.url) or self.outside.append(request.url))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))


def moved_by_keys(slider: Any) -> None:
    """Each key moves the slider, and the number, the panels and what a screen reader says move along."""
    root = slider.locator("xpath=ancestor::div[contains(@class, 'scrubber')]")

    data = json.loads(root.locator("script[type='application/json']").text_content())

    def state() -> tuple[int, str]:
        position = int(slider.input_value())
        assert root.locator("output").text_content() == data["stops"][position]
        assert slider.get_attribute("aria-valuetext") == f"{data['name']} {data['stops'][position]}"
        return position, str(root.locator(".panels").inner_html())

    slider.focus()
    slider.press("Home")
    seen = [state()]
    for key in ("ArrowRight", "ArrowRight", "End", "ArrowLeft"):
        slider.press(key)
        seen.append(state())
    assert [position for position, _ in seen] == [0, 1, 2, len(data["stops"]) - 1, len(data["stops"]) - 2]
    assert all(before != after for (_, before), (_, after) in zip(seen, seen[1:], strict=False))
    assert slider.evaluate("element => element === document.activeElement")


@pytest.fixture(scope="module")
def edition(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("edition")
    write_edition(course_files(), folder)
    return folder


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_opens_from_a_file_fits_the_window_and_asks_nobody(scheme: str, browser: Any, edition: Path) -> None:
    watched = Watched(browser, color_scheme=scheme)
    for file in sorted(edition.glob("*.html")):
        watched.page.goto(file.as_uri())
        too_wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert watched.page.evaluate(too_wide) == 0, file.name
        assert watched.page.locator(".scrubber:not(.ready)").count() == 0
    assert (watched.outside, watched.errors) == ([], [])
    watched.page.close()


def test_every_slider_of_the_pages_is_moved_by_keys(browser: Any, edition: Path) -> None:
    watched = Watched(browser)
    count = 0
    for file in sorted(edition.glob("[0-9][0-9]_*.html")):
        watched.page.goto(file.as_uri())
        for slider in watched.page.locator(".scrubber input[type=range]").all():
            moved_by_keys(slider)
            count += 1
    assert count >= 5 and (watched.outside, watched.errors) == ([], [])
    watched.page.close()


def test_a_cell_of_a_map_is_read_out_by_pointing_and_by_arrow_keys(browser: Any, edition: Path) -> None:
    watched = Watched(browser)
    watched.page.goto((edition / f"{WITH_A_SLIDER}.html").as_uri())
    heat = watched.page.locator(".scrubber .heat").first
    cells, read = heat.locator("tbody td:not(.sum)"), heat.locator(".read")
    cells.nth(1).hover()
    assert re.fullmatch(r".+ → .+: [−\d.e-]+", read.text_content())
    pointed = read.text_content()
    cells.first.focus()
    watched.page.keyboard.press("ArrowRight")
    assert read.text_content() == pointed
    watched.page.close()


def test_without_scripts_the_pages_show_the_first_position(browser: Any, edition: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((edition / f"{WITH_A_SLIDER}.html").as_uri())
    assert page.locator(".scrubber .still").first.is_visible()
    assert page.locator(".scrubber tbody td").first.is_visible()
    context.close()


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a JupyterLab with the course in it, for a user with no settings."""
    if importlib.util.find_spec("jupyterlab") is None:
        pytest.skip("no JupyterLab")
    home = tmp_path_factory.mktemp("home")
    copy_course(home / "course")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--no-browser", "--allow-root", "--IdentityProvider.token=", f"--port={port}", "--ServerApp.port_retries=0"]
    # Jupyter's question whether it may fetch its news is not the course's.
    options.append("--LabApp.news_url=None")
    process = subprocess.Popen(
        [sys.executable, "-m", "jupyterlab", *options, str(home / "course")],
        env={**os.environ, "HOME": str(home), "JUPYTER_CONFIG_DIR": str(home), "JUPYTER_DATA_DIR": str(home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}/lab"
    try:
        for _ in range(120):
            try:
                urllib.request.urlopen(address).close()
                break
            except OSError:
                time.sleep(0.5)
        yield address
    finally:
        process.terminate()
        process.wait()


@pytest.mark.slow
def test_jupyterlab_opens_a_notebook_runs_all_and_its_slider_keeps_its_keys(lab: str, browser: Any) -> None:
    watched = Watched(browser)
    page = watched.page
    page.goto(f"{lab}/tree/{WITH_A_SLIDER}.ipynb")
    page.wait_for_selector("text=/Python 3.*Idle/")
    page.click('.lm-MenuBar-itemLabel:text("Run")')
    page.click('.lm-Menu-itemLabel:text("Run All Cells")')
    page.wait_for_function("[...document.querySelectorAll('.jp-InputPrompt')].some(one => one.textContent.includes('*'))")
    page.wait_for_function("[...document.querySelectorAll('.jp-InputPrompt')].every(one => !one.textContent.includes('*'))")
    page.wait_for_selector("text=/Python 3.*Idle/")
    # Only the cells in view are in the page.
    page.mouse.move(700, 500)
    page.locator(".jp-WindowedPanel-outer").first.evaluate("element => element.scrollTo(0, 0)")
    slider = page.locator(".scrubber input[type=range]").first
    for _ in range(100):
        if slider.count() and 0 < (slider.bounding_box() or {"y": 0})["y"] < 600:
            break
        page.mouse.wheel(0, 300)
        page.wait_for_timeout(200)
    moved_by_keys(slider)
    assert page.locator('[data-mime-type="application/vnd.jupyter.error"]').count() == 0
    assert watched.outside == []
    page.close()
