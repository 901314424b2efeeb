"""Seconds from letting go of a slider of the dashboard to pictures that show what follows.

    python benchmarks/dashboard.py [--runs 1000] [--moves 10] [--jobs 2] [--picture FILE]

Starts the dashboard, drives a headless Chromium, and prints median and range over the moves
until all pictures are drawn, and how much of it went into playing the runs. With `--picture` it
saves a picture of the page instead.
"""

from __future__ import annotations

import argparse
import base64
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

CONTROL = "value.close_route.CPC.quarters"
OPTIONS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--window-size=1280,1000", "--hide-scrollbars",
)  # fmt: skip
READY = """
    const done = arguments[arguments.length - 1];
    const wait = () => (document.getElementById("status")?.textContent
        && !document.body.classList.contains("busy")
        && document.querySelectorAll(".js-plotly-plot .main-svg").length
        ? setTimeout(done, 500) : setTimeout(wait, 50));
    wait();"""
MOVE = """
    const done = arguments[arguments.length - 1];
    const input = document.querySelector(`[data-key='${arguments[0]}'] input`);
    const graphs = [...document.querySelectorAll(".js-plotly-plot")];
    let left = graphs.length, begun = null;
    for (const graph of graphs) {
        const drawn = () => {
            graph.removeListener("plotly_afterplot", drawn);
            left -= 1;
            if (left) return;
            done((performance.now() - begun) / 1000);
        };
        graph.on("plotly_afterplot", drawn);
    }
    const set = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set;
    set.call(input, arguments[1]);
    input.dispatchEvent(new Event("input", { bubbles: true }));
    begun = performance.now(); // the slider is let go
    input.dispatchEvent(new Event("change", { bubbles: true }));"""


def main() -> None:
    """Start, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--moves", type=int, default=10)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--picture", type=Path)
    given = parser.parse_args()
    command = [
        sys.executable, "-m", "sim.cli.main", "dashboard", "cpc_closure", "--port", "0",
        "--jobs", str(given.jobs), "--runs", str(given.runs), "--no-browser",
    ]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        address = process.stdout.readline().split()[2]
        with tempfile.TemporaryDirectory() as profile:
            browser = chromium(profile)
            try:
                if given.picture is None:
                    measure(browser, address, given.runs, given.moves)
                else:
                    photograph(browser, address, given.picture)
            finally:
                browser.quit()
    finally:
        process.terminate()
        process.wait()


def chromium(profile: str) -> Any:
    """A headless browser with an empty profile."""
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    for option in (*OPTIONS, f"--user-data-dir={profile}"):
        options.add_argument(option)
    service = webdriver.ChromeService(shutil.which("chromedriver"))
    browser = webdriver.Chrome(options=options, service=service)
    browser.set_script_timeout(120)
    return browser


def measure(browser: Any, address: str, runs: int, moves: int) -> None:
    """Move a slider again and again, and print how long the page took."""
    browser.get(address)
    browser.execute_async_script(READY)
    browser.execute_async_script(MOVE, CONTROL, 1)  # after this the baseline has been played
    browser.execute_async_script(READY)
    drawn, played = [], []
    for move in range(moves):
        place = 22 + 5 * move % 50  # each another one, and none where the scenario has it
        drawn.append(browser.execute_async_script(MOVE, CONTROL, place))
        browser.execute_async_script(READY)
        status = browser.execute_script("return document.getElementById('status').textContent")
        played.append(float(status.split("played in ")[1].split()[0]))
        print(f"move {move + 1}: {drawn[-1]:.2f} s, of which playing {played[-1]:.1f} s")
    print(
        f"slider to pictures: median {statistics.median(drawn):.2f} s "
        f"({min(drawn):.2f} to {max(drawn):.2f}), of which playing "
        f"{statistics.median(played):.1f} s; {runs} runs, {moves} moves"
    )


def photograph(browser: Any, address: str, picture: Path) -> None:
    """Save a picture of the page with a closure of eight quarters against what it extends."""
    query = "scenario=cpc_closure&close_route.CPC.quarters=8&pin.scenario=baseline"
    browser.get(f"{address}?{query}")
    browser.execute_async_script(READY)
    size = {"x": 0, "y": 0, "width": 1280, "height": 1180, "scale": 1}
    taken = browser.execute_cdp_cmd(
        "Page.captureScreenshot", {"clip": size, "captureBeyondViewport": True}
    )
    picture.write_bytes(base64.b64decode(taken["data"]))


if __name__ == "__main__":
    main()
