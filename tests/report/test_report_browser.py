"""The page in a real browser: opened from disk, it asks the network for nothing."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.report.conftest import TITLE

webdriver = pytest.importorskip("selenium.webdriver")

OPTIONS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    program, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if program is None or driver is None:
        pytest.skip("there is no Chromium with its driver here")
    options = webdriver.ChromeOptions()
    options.binary_location = program
    for option in (*OPTIONS, f"--user-data-dir={tmp_path_factory.mktemp('browser')}"):
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    opened = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    yield opened
    opened.quit()


def sized(browser: Any, width: int) -> None:
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)


def test_the_page_opens_from_disk_without_the_network(browser: Any, drawn: Path) -> None:
    path = drawn
    sized(browser, 1280)
    browser.get("about:blank")
    browser.get_log("performance")  # what the browser's own first page asks for
    browser.get(path.as_uri())
    log = [json.loads(one["message"])["message"] for one in browser.get_log("performance")]
    asked = [
        one["params"]["request"]["url"]
        for one in log
        if one["method"] == "Network.requestWillBeSent"
    ]
    assert [url for url in asked if url not in (path.as_uri(), "data:,")] == []
    assert path.as_uri() in asked
    assert browser.execute_script("return performance.getEntriesByType('resource').length") == 0
    assert browser.get_log("browser") == []
    assert TITLE in browser.find_element("tag name", "body").text
    widths = browser.execute_script(
        "return [...document.querySelectorAll('svg')].map(s => s.getBoundingClientRect().width)"
    )
    assert len(widths) >= 3
    assert min(widths) > 400

    for width in (1280, 400):  # only tables and pictures are wider than the page, in their frames
        sized(browser, width)
        across = "return [document.documentElement.scrollWidth, window.innerWidth]"
        page, window = browser.execute_script(across)
        assert page <= window
    wide = browser.execute_script(
        "return [...document.querySelectorAll('.scroll')]"
        ".filter(d => d.scrollWidth > d.clientWidth)"
        ".map(d => [d.tabIndex, d.getAttribute('role'), d.getAttribute('aria-labelledby')])"
    )
    assert wide
    assert all(index == 0 and role == "region" and name for index, role, name in wide)

    sized(browser, 1280)
    browser.find_element("tag name", "body").send_keys("\ue004")  # the key Tab
    focused = browser.switch_to.active_element
    assert focused.text == "Skip to the findings"
    assert focused.rect["x"] >= 0
