"""Small results on the toy case that reports are made of, and a reader of their pages."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest

from sim.experiment.batch import batch
from sim.experiment.result import Result
from sim.experiment.sweep import sweep
from sim.report import pictures
from sim.report.document import write_report

CASE = Path(__file__).parents[1] / "data" / "toy_case"
MADE = datetime(2030, 1, 2, 3, 4, tzinfo=UTC)
TITLE = 'The pipe <script>alert("shut")</script> & "closed"'

CALM = f"""
title = "Calm"
question = "What if nothing new happens?"
case = "{CASE.as_posix()}"
runs = 30
seed = 11
[horizon]
start = "2023Q1"
end = "2023Q4"
"""
CLOSED = f"""
title = '{TITLE}'
question = "What does a closed pipe cost?"
extends = "calm"
[[event]]
kind = "close_route"
route = "northern_pipe"
date = "2023Q2"
quarters = 2
intensity = 0.5
reason = "The pipe needs a pump"
source = "T001; assumption: half of it"
[[headline]]
outcome = "route_volume.northern_pipe"
at = "2023Q2"
direction = "down"
because = "half of it is closed"
[[headline]]
outcome = "route_volume.northern_pipe"
at = "2023Q3"
direction = "up"
because = "a test expects what does not happen"
"""
DEEPER = """
title = "Deeper: closed for longer, with more fear"
question = "What if fear pushes as well?"
extends = "closed"
[parameters]
fear_push = { distribution = "uniform", low = 4.0, high = 6.0 }
[change]
"event.close_route.northern_pipe.quarters" = 3.0
"""
TWIN = """
title = "Twin"
question = "What if nothing changes?"
extends = "calm"
[[headline]]
outcome = "autonomy.AVA"
direction = "up"
because = "a test expects what does not happen"
"""
FEWER = """
title = "Fewer"
question = "What if one stays out?"
extends = "calm"
[membership]
countries = ["AVA", "BOR"]
"""
FILES = {"calm": CALM, "closed": CLOSED, "deeper": DEEPER, "twin": TWIN, "fewer": FEWER}

DESIGN = """
title = "Fear and sanctions"
question = "How much do fear and sanctions matter?"
scenario = "calm"
mode = "latin_hypercube"
rows = 6
runs = 3
seed = 4
outcomes = ["autonomy", "output"]
by_quarter = ["autonomy"]
[[factor]]
name = "fear"
path = "parameters.fear_push"
low = 0.5
high = 6.0
reason = "From hardly any to much"
source = "T002; assumption"
[[factor]]
path = "driver.sanctions"
low = 0.0
high = 0.3
"""


@pytest.fixture(scope="session")
def scenario_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files of the scenarios above."""
    folder = tmp_path_factory.mktemp("scenarios")
    for name, text in FILES.items():
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def told(scenario_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Result:
    """All scenarios, thirty runs each."""
    paths = [scenario_folder / f"{name}.toml" for name in FILES]
    return batch(paths, out=tmp_path_factory.mktemp("told") / "told")


@pytest.fixture(scope="session")
def alone(scenario_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Result:
    """One scenario alone."""
    return batch(scenario_folder / "calm.toml", out=tmp_path_factory.mktemp("alone") / "alone")


@pytest.fixture(scope="session")
def swept(scenario_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = scenario_folder / "design.toml"
    path.write_text(DESIGN, encoding="utf-8")
    return sweep(path, out=tmp_path_factory.mktemp("swept") / "swept").folder


@pytest.fixture(scope="session")
def drawn(told: Result, swept: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report with everything in it."""
    path = tmp_path_factory.mktemp("report") / "report.html"
    with pytest.MonkeyPatch.context() as patch:  # one picture of each shape
        patch.setitem(pictures._WANTED, "batch", {"fan": 1, "ternary": 1, "alignment": 1})
        patch.setitem(pictures._WANTED, "sweep", {"response": 1})
        return write_report([told.folder, swept], path, outcomes=["autonomy", "output"], made=MADE)


@dataclass
class Page(HTMLParser):
    """What the elements of a page are, and what is wrong with how they nest."""

    elements: list[tuple[str, dict[str, str | None], int]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)

    VOID = ("meta", "link", "br", "img", "hr", "input")

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs), len(self.words)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs), len(self.words)))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}> at {self.getpos()}")

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.words.append(data)

    def named(self, tag: str) -> list[dict[str, str | None]]:
        """Attributes of all elements of a kind."""
        return [attributes for name, attributes, _ in self.elements if name == tag]

    @property
    def text(self) -> str:
        """All words, spaces and breaks taken together."""
        return " ".join("".join(self.words).split())


def read_page(path: Path) -> Page:
    """Parse a page."""
    page = Page()
    page.feed(path.read_text(encoding="utf-8"))
    page.close()
    return page
