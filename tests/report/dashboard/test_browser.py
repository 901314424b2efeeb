"""The dashboard in a real browser: what a user moves, sees, shares and takes away."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pandas as pd
import pytest

from sim.cli.main import main
from sim.experiment.result import load_batch

pytest.importorskip("dash", reason="the dashboard's extra is not installed")
webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
By = pytest.importorskip("selenium.webdriver.common.by").By
Keys = pytest.importorskip("selenium.webdriver.common.keys").Keys
Select = pytest.importorskip("selenium.webdriver.support.ui").Select

RUNS = 20
PATIENCE = 60.0  # seconds
INTENSITY = "value.close_route.CPC.intensity"
LENGTH = "value.close_route.CPC.quarters"
COMMAND = [sys.executable, "-m", "sim.cli.main"]
OPTIONS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--window-size=1280,1000",
)  # fmt: skip

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
pytestmark = pytest.mark.skipif(
    CHROMIUM is None or DRIVER is None, reason="there is no Chromium with its driver here"
)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    process = subprocess.Popen(
        [*COMMAND, "dashboard", "cpc_closure", "--runs", str(RUNS), "--port", "0", "--jobs", "1",
         "--no-browser"],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    line = process.stdout.readline()
    assert line.startswith("Dashboard at ")
    yield line.split()[2]
    process.terminate()
    process.wait(60)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for option in (*OPTIONS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    found = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    yield found
    found.quit()


@pytest.fixture
def page(browser: Any, address: str) -> Iterator[Any]:
    """The page as it opens; afterwards the browser's log must be empty."""
    open_at(browser, address)
    yield browser
    assert [one for one in browser.get_log("browser") if "favicon" not in one["message"]] == []


def open_at(browser: Any, address: str) -> None:
    browser.get(address)
    settle(browser)


def settle(browser: Any) -> None:
    """Wait until the page shows what was asked of it last."""
    script = """
        return document.getElementById("status")?.textContent
            && !document.body.classList.contains("busy")"""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if browser.execute_script(script):
            time.sleep(0.1)  # plotly draws after the page has taken in the answer
            return
        time.sleep(0.05)
    raise AssertionError(f"the page is not ready after {PATIENCE} s")


def text(browser: Any, name: str) -> str:
    return browser.find_element(By.ID, name).get_attribute("textContent")


def slider(browser: Any, key: str) -> Any:
    return browser.find_element(By.CSS_SELECTOR, f"[data-key='{key}'] input")


def press(browser: Any, key: str, *keys: str) -> None:
    slider(browser, key).send_keys(*keys)
    settle(browser)


def curve(browser: Any, chart: str, name: str) -> list[float]:
    """What plotly has drawn of a trace."""
    return browser.execute_script(
        """const graph = document.querySelector(`#${arguments[0]} .js-plotly-plot`);
        const trace = graph.data.find((one) => one.name === arguments[1]);
        return trace ? Array.from(trace.y ?? trace.a) : null;""",
        chart,
        name,
    )


def row(browser: Any, outcome: str) -> list[str]:
    cells = browser.find_elements(By.CSS_SELECTOR, f"tr[data-outcome='{outcome}'] td")
    return [cell.get_attribute("textContent") for cell in cells]


def download(browser: Any, folder: Path, button: str) -> Path:
    browser.execute_cdp_cmd(
        "Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(folder)}
    )
    before = set(folder.iterdir())
    browser.find_element(By.CSS_SELECTOR, button).click()
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        for path in set(folder.iterdir()) - before:
            if path.suffix != ".crdownload" and path.stat().st_size:
                return path
        time.sleep(0.05)
    raise AssertionError(f"nothing was downloaded by {button}")


def test_a_slider_moved_by_keyboard_moves_pictures_and_numbers(page: Any) -> None:
    assert text(page, "title") == "A six-month closure of the CPC pipeline"
    assert row(page, "autonomy.KAZ")[2:] == ["–", "–", "–"]
    before = {
        "fan": curve(page, "fan", "Present setting: median"),
        "ternary": curve(page, "ternary", "Runs at the end, present setting"),
        "timeline": curve(page, "timeline", "Russia"),
        "distribution": curve(page, "distribution", "Present setting: density of runs"),
    }
    numbers = row(page, "autonomy.KAZ")
    assert slider(page, LENGTH).accessible_name == "Length [quarters]"
    press(page, LENGTH, Keys.END)
    assert slider(page, LENGTH).get_attribute("aria-valuetext") == "8.0 quarters"
    assert "close_route.CPC.quarters=8" in page.current_url
    after = {
        "fan": curve(page, "fan", "Present setting: median"),
        "ternary": curve(page, "ternary", "Runs at the end, present setting"),
        "timeline": curve(page, "timeline", "Russia"),
        "distribution": curve(page, "distribution", "Present setting: density of runs"),
    }
    assert all(after[name] != before[name] for name in ("fan", "ternary", "distribution"))
    assert curve(page, "fan", "Baseline: median") == before["fan"]
    assert any(curve(page, "difference", "Difference: median"))
    assert row(page, "autonomy.KAZ") != numbers
    assert re.fullmatch(r"[+−].* \(± .*\)", row(page, "autonomy.KAZ")[3])
    page.find_element(By.CSS_SELECTOR, f"[data-key='{LENGTH}'] .reset").click()
    settle(page)
    assert "quarters=" not in page.current_url
    assert row(page, "autonomy.KAZ") == numbers


def test_the_downloaded_scenario_gives_on_the_command_line_what_was_shown(
    page: Any, tmp_path: Path
) -> None:
    press(page, LENGTH, Keys.END)
    press(page, INTENSITY, Keys.HOME, *[Keys.ARROW_RIGHT] * 3)
    scenario = download(page, tmp_path, "#save-toml")
    shown = pd.read_csv(download(page, tmp_path, "#save-runs"))
    shown = shown[shown["setting"] == "present"].reset_index(drop=True)
    seed = str(shown["seed"][0])
    assert len(shown) == RUNS
    assert main(
        ["batch", str(scenario), "-n", str(RUNS), "--seed", seed, "--out", str(tmp_path / "out"),
         "--no-pictures", "--jobs", "1"]
    ) == 0  # fmt: skip
    outcomes = [name for name in shown.columns if "." in name]
    runs = load_batch(tmp_path / "out").runs(outcomes)
    assert outcomes
    for name in outcomes:
        assert np.array_equal(runs[name], shown[name]), name
    median = float(row(page, "autonomy.KAZ")[0])
    assert median == pytest.approx(runs["autonomy.KAZ"].median(), abs=0.005)


def test_an_address_restores_a_state(page: Any, address: str) -> None:
    press(page, LENGTH, Keys.END)
    Select(page.find_element(By.ID, "in-country")).select_by_visible_text("Uzbekistan")
    settle(page)
    page.find_element(By.ID, "act-pin").click()
    settle(page)
    press(page, "value.oil_price", Keys.HOME)
    link = page.current_url
    seen = [row(page, "autonomy.UZB"), curve(page, "fan", "Present setting: median")]
    open_at(page, link)
    assert [row(page, "autonomy.UZB"), curve(page, "fan", "Present setting: median")] == seen
    assert page.current_url == link
    assert Select(page.find_element(By.ID, "in-country")).first_selected_option.text == "Uzbekistan"
    box = page.find_element(By.CSS_SELECTOR, f"[data-key='{LENGTH}']")
    assert "moved" in box.get_attribute("class")
    assert box.find_element(By.CSS_SELECTOR, ".shown").text == "8.0"
    assert "1 changed" in text(page, "compared")


def test_a_bad_address_and_an_impossible_setting_are_said(page: Any, address: str) -> None:
    open_at(page, f"{address}?scenario=cpc_closure&country=KAX")
    assert "there is no country 'KAX'" in text(page, "message")
    median = curve(page, "fan", "Present setting: median")
    assert median
    runs = page.find_element(By.ID, "in-runs")
    runs.send_keys(Keys.CONTROL, "a")
    runs.send_keys("0", Keys.TAB)
    settle(page)
    assert "runs: found 0; allowed:" in text(page, "message")
    assert curve(page, "fan", "Present setting: median") == median  # the last good pictures stay
    page.find_element(By.ID, "act-reset").click()
    settle(page)
    assert text(page, "message") == ""
    assert page.find_element(By.ID, "in-runs").get_attribute("value") == str(RUNS)


def test_reset_all_draws_the_form_anew(page: Any) -> None:
    press(page, LENGTH, Keys.END)
    press(page, "value.oil_price", Keys.HOME)
    page.find_element(By.ID, "act-reset").click()
    settle(page)
    assert page.find_elements(By.CSS_SELECTOR, ".control.moved") == []
    assert "quarters=" not in page.current_url
    assert slider(page, LENGTH).get_attribute("aria-valuetext") == "2.0 quarters"
    press(page, INTENSITY, Keys.END)  # and what is moved next is all that is moved
    assert "close_route.CPC.intensity=1&" in page.current_url
    assert "oil_price" not in page.current_url


def test_a_route_is_chosen_where_the_outcome_is_of_routes(page: Any, address: str) -> None:
    def choosers() -> list[str]:
        boxes = page.find_elements(By.CSS_SELECTOR, "[data-axis]")
        return [one.get_attribute("data-axis") for one in boxes if one.is_displayed()]

    assert choosers() == []
    Select(page.find_element(By.ID, "in-outcome")).select_by_visible_text("Route volume")
    assert choosers() == ["route"]
    settle(page)
    first = curve(page, "fan", "Present setting: median")
    route = Select(page.find_element(By.ID, "in-route"))
    assert route.first_selected_option.text == "Caspian Pipeline Consortium, Tengiz to Novorossiysk"
    route.select_by_value("ATYRAU_SAMARA")
    settle(page)
    assert "route=ATYRAU_SAMARA&outcome=route_volume" in page.current_url
    assert curve(page, "fan", "Present setting: median") != first
    assert "[Mt a year]" in text(page, "fan-meaning")
    link, seen = page.current_url, curve(page, "fan", "Present setting: median")
    open_at(page, link)
    assert choosers() == ["route"]
    assert curve(page, "fan", "Present setting: median") == seen
    Select(page.find_element(By.ID, "in-outcome")).select_by_value("autonomy")
    settle(page)
    assert choosers() == []
    assert "route" not in page.current_url


def test_a_drawn_value_is_fixed_where_it_rests_and_let_go_again(page: Any) -> None:
    key = "value.weight_of_stocks"
    page.execute_script(
        "document.querySelector(arguments[0]).closest('details').open = true",
        f"[data-key='{key}']",
    )
    box = page.find_element(By.CSS_SELECTOR, f"[data-key='{key}']")
    assert box.find_element(By.CSS_SELECTOR, ".shown").text == "drawn in each run"
    spread = row(page, "autonomy.KAZ")
    press(page, key, Keys.ARROW_RIGHT, Keys.ARROW_LEFT)  # back to where it rested
    assert slider(page, key).get_attribute("value") == box.get_attribute("data-rest")
    assert "weight_of_stocks=" in page.current_url
    assert box.find_element(By.CSS_SELECTOR, ".shown").text != "drawn in each run"
    assert row(page, "autonomy.KAZ")[:2] != spread[:2]
    box.find_element(By.CSS_SELECTOR, ".reset").click()
    settle(page)
    assert "weight_of_stocks" not in page.current_url
    assert row(page, "autonomy.KAZ") == spread


def test_of_fast_moves_the_last_one_counts(page: Any) -> None:
    slider(page, LENGTH).send_keys(Keys.HOME)
    for _ in range(6):
        slider(page, LENGTH).send_keys(Keys.ARROW_RIGHT)
        time.sleep(0.08)
    settle(page)
    shown = page.find_element(By.CSS_SELECTOR, f"[data-key='{LENGTH}'] .shown").text
    assert f"close_route.CPC.quarters={float(shown):g}" in page.current_url
    seen = row(page, "autonomy.KAZ")
    page.refresh()
    settle(page)
    assert row(page, "autonomy.KAZ") == seen


def test_two_pages_do_not_disturb_each_other(page: Any, address: str) -> None:
    first = page.current_window_handle
    press(page, LENGTH, Keys.END)
    seen = row(page, "autonomy.KAZ")
    page.switch_to.new_window("tab")
    open_at(page, f"{address}?scenario=war_ends&country=TJK")
    assert text(page, "title") == "The war ends"
    page.close()
    page.switch_to.window(first)
    Select(page.find_element(By.ID, "in-outcome")).select_by_value("entropy")
    settle(page)
    assert row(page, "autonomy.KAZ") == seen
    assert text(page, "title") == "A six-month closure of the CPC pipeline"
    assert "country=KAZ" in page.current_url


def test_pictures_are_saved_with_their_words(page: Any, tmp_path: Path) -> None:
    button = "[data-act='save'][data-chart='fan'][data-format='svg']"
    picture = download(page, tmp_path, button).read_text(encoding="utf-8")
    words = " ".join(re.sub(r"<[^>]*>", " ", picture).split())
    assert "A six-month closure of the CPC pipeline" in words
    assert f"{RUNS} runs, seed 2022" in words
    assert "Baseline" not in words  # nothing is compared yet


@pytest.mark.parametrize("width", [1280, 400])
def test_the_page_fits_and_can_be_read(page: Any, width: int) -> None:
    page.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500},
    )
    try:
        press(page, LENGTH, Keys.END) if width > 500 else settle(page)
        time.sleep(0.3)
        assert page.execute_script("return document.documentElement.scrollWidth") <= width
        levels = [
            int(one.tag_name[1]) for one in page.find_elements(By.CSS_SELECTOR, "h1, h2, h3, h4")
        ]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(b - a <= 1 for a, b in pairwise(levels))
        faint = page.execute_script(CONTRAST)
        assert faint == []
        nameless = [
            one.get_attribute("outerHTML")
            for one in page.find_elements(By.CSS_SELECTOR, "input, select, button")
            if one.is_displayed() and not one.accessible_name
        ]
        assert nameless == []
    finally:
        page.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


CONTRAST = """
    const light = (colour) => {
        const [r, g, b] = colour.match(/[\\d.]+/g).map(Number).map((v) => v / 255)
            .map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const ground = (node) => {
        for (; node; node = node.parentElement) {
            const colour = getComputedStyle(node).backgroundColor;
            if (!/rgba\\(.*, 0\\)|transparent/.test(colour)) return colour;
        }
        return "rgb(255, 255, 255)";
    };
    const faint = [];
    for (const node of document.querySelectorAll("body *")) {
        const own = [...node.childNodes].some((one) => one.nodeType === 3 && one.data.trim());
        if (!own || !node.checkVisibility() || node.closest("svg, script, footer")) continue;
        const [a, b] = [light(getComputedStyle(node).color), light(ground(node))];
        const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        if (contrast < 4.5) faint.push(`${node.textContent.slice(0, 40)}: ${contrast.toFixed(1)}`);
    }
    return faint;"""


def test_no_request_leaves_this_machine(browser: Any, address: str) -> None:
    if not browser.current_url.startswith(address):  # nothing was opened before
        open_at(browser, address)
    asked = []
    for entry in browser.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            asked.append(message["params"]["request"]["url"])
    hosts = {urlsplit(url).hostname for url in asked if url.startswith(("http", "ws"))}
    assert hosts == {"127.0.0.1"}
