"""A results folder made up from random walks, and a reader of drawn pages."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from sim.experiment.result import Result, load
from sim.experiment.store import FORMAT
from sim.picture.style import Caption

COUNTRIES = ("AVA", "BOR", "CIM", "DOR", "EAL", "FEN")
POWERS = (
    ("REG", "Region"),  # a regional partner, no power: it is in no bloc of the ternary
    ("NOR", "North"),
    ("EAS", "East"),
    ("WES", "West"),
    ("ISL", "West"),
)
CHANNELS = ("trade", "labour", "transit", "security")
ROUTES = ("PIPE", "RAIL", "PLAN")  # the last carries nothing
SCENARIOS = ("calm", "closure", "deals", "peace", "sanctions", "condominium", "frost", "drought")
HEADLINES = {"closure": ["route_volume.PIPE", "fear.AVA.NOR"], "deals": ["autonomy.BOR"]}
OUTCOMES = {
    "autonomy": (["country"], "0 to 1", "weight of the own ideal"),
    "position": (["country"], "-1 to 1", "position on the axis"),
    "entropy": (["country"], "0 to 1", "evenness"),
    "imposed": (["country", "power"], "count", "threats carried out so far"),
    "fear": (["country", "power"], "0 to 1", "perceived hazard"),
    "alignment": (["country", "power"], "0 to 1", "power's share in the portfolio"),
    "leverage": (["country", "power"], "share of GDP", "loss over all channels"),
    "channel_leverage": (["country", "power", "channel"], "share of GDP", "loss"),
    "route_volume": (["route"], "route's unit a year", "flow through the route"),
    "route_capacity": (["route"], "route's unit a year", "capacity of the route"),
    "cohesion": ([], "0 to 1", "joint voice"),
    "constant": (["country"], "0 to 1", "the same in all runs"),
    "gdp_usd": (["country"], "USD bn a year", "gross domestic product"),
}
LATE = ("channel_leverage", "gdp_usd", "route_capacity")  # not kept by quarter


def _table(runs: int, quarters: int, countries: int, shift: float) -> dict[str, np.ndarray]:
    """Outcomes (run, quarter) by column; `shift` is what a scenario adds."""
    random = np.random.default_rng(7)  # the same draws in all scenarios

    def walk(level: float, spread: float) -> np.ndarray:
        steps = random.normal(0, spread / quarters**0.5, (runs, quarters))
        walks = np.cumsum(steps, axis=1)
        return level + walks + shift * (0.2 * walks[::-1] + spread)

    table = {}
    for place, country in enumerate(COUNTRIES[:countries]):
        table[f"autonomy.{country}"] = walk(0.4 + 0.08 * place, 0.03)
        table[f"position.{country}"] = walk(0.1 * place - 0.3, 0.1)
        table[f"entropy.{country}"] = walk(0.6, 0.05)
        table[f"constant.{country}"] = np.full((runs, quarters), 0.25)
        table[f"gdp_usd.{country}"] = walk(50 * place + 20, 4)
        levels = (0.05, 0.4, 0.3, 0.2, 0.1)
        weights = np.stack([np.abs(walk(level, 0.04)) + 0.01 for level in levels])
        for power, (code, _) in enumerate(POWERS):
            table[f"alignment.{country}.{code}"] = weights[power] / weights.sum(axis=0)
            table[f"fear.{country}.{code}"] = walk(0.2, 0.05)
            table[f"leverage.{country}.{code}"] = walk(0.05, 0.01)
            struck = random.random((runs, quarters)) < 0.05
            table[f"imposed.{country}.{code}"] = np.cumsum(struck, axis=1).astype(float)
            for channel in CHANNELS:
                name = f"channel_leverage.{country}.{code}.{channel}"
                table[name] = np.abs(walk(0.02 / (1 + power), 0.002))
    for route in ROUTES:
        table[f"route_volume.{route}"] = walk(50, 4) * (route != "PLAN")
        table[f"route_capacity.{route}"] = np.full((runs, quarters), 60.0 + shift)
    table["cohesion"] = walk(0.3, 0.03)
    return table


def events(names: Sequence[str], runs: int, countries: int, quarters: int) -> pd.DataFrame:
    """Threats by how they end, deals and votes: the first country has none."""
    random = np.random.default_rng(8)
    number = 4 * runs * quarters * len(names)
    kinds = np.array(["imposed", "complied", "backed_down", "deal", "vote"])
    codes = np.array([code for code, _ in POWERS])
    kind = random.choice(kinds, number)
    return pd.DataFrame(
        {
            "scenario": random.choice(names, number),
            "run": random.integers(0, runs, number),
            "quarter": 4 * 2023 + random.integers(0, quarters, number),
            "kind": kind,
            "country": np.array(COUNTRIES)[
                random.integers(min(1, countries - 1), countries, number)
            ],
            "power": np.where(kind == "vote", "", random.choice(codes, number)),
            "channel": "",
            "label": "",
            "value": 0.0,
        }
    )


def make(
    folder: Path, scenarios: int = 2, runs: int = 40, countries: int = 3, quarters: int = 8
) -> Result:
    """Write a results folder and open it."""
    folder.mkdir(parents=True, exist_ok=True)
    ends, statistics, trajectories = [], [], []
    names = SCENARIOS[:scenarios]
    start = 4 * 2023
    for place, name in enumerate(names):
        table = _table(runs, quarters, countries, 0.5 * place)
        last = {column: values[:, -1] for column, values in table.items()}
        ends.append(pd.DataFrame({"scenario": name, "run": np.arange(runs), **last}))
        kept = {c: v.reshape(-1) for c, v in table.items() if c.split(".")[0] not in LATE}
        key = {
            "scenario": name,
            "run": np.repeat(np.arange(runs), quarters),
            "quarter": np.tile(start + np.arange(quarters), runs),
        }
        trajectories.append(pd.DataFrame({**key, **kept}))
        for column, values in table.items():
            if column.split(".")[0] in LATE:
                continue
            rows = {"scenario": name, "quarter": start + np.arange(quarters), "outcome": column}
            levels = np.quantile(values, [0.05, 0.25, 0.5, 0.75, 0.95], axis=0)
            quantiles = dict(zip(("q05", "q25", "q50", "q75", "q95"), levels, strict=True))
            moments = {"n": runs, "mean": values.mean(axis=0), "sd": values.std(axis=0)}
            statistics.append(pd.DataFrame({**rows, **moments, **quantiles}))
    events(names, runs, countries, quarters).to_parquet(folder / "events.parquet")
    pd.concat(trajectories).to_parquet(folder / "trajectories.parquet")
    pd.concat(ends).to_parquet(folder / "runs.parquet")
    pd.concat(statistics, ignore_index=True).to_parquet(folder / "quarters.parquet")
    manifest = {
        "format": FORMAT,
        "status": "complete",
        "failures": [],
        "seed": 5,
        "runs": runs,
        "versions": {"multivector": "9.9"},
        "case": {
            "title": "Toyland",
            "as_of": "2022Q4",
            "hash": "0" * 64,
            "countries": [
                {"code": code, "name": f"{code.title()}land", "colour": "#0072B2"}
                for code in COUNTRIES[:countries]
            ],
            "powers": [
                {
                    "code": code,
                    "name": f"{code.title()} Power",
                    "bloc": bloc,
                    "kind": "regional" if code == "REG" else "power",
                }
                for code, bloc in POWERS
            ],
            "channels": [{"code": code, "name": code, "role": code} for code in CHANNELS],
            "routes": [
                {"code": "PIPE", "name": "Pipeline", "unit": "Mt a year"},
                {"code": "RAIL", "name": "Railway to the far western sea ports", "unit": "TEU"},
                {"code": "PLAN", "name": "Planned pipeline", "unit": "Mt a year"},
            ],
        },
        "scenarios": [
            {
                "name": name,
                "title": f"Scenario {name}",
                "question": f"What does {name} do?",
                "start": "2023Q1",
                "quarters": quarters,
                "resolved": {"headline": [{"outcome": o} for o in HEADLINES.get(name, ())]},
            }
            for name in names
        ],
        "outcomes": [
            {"name": name, "axes": axes, "unit": unit, "meaning": meaning}
            for name, (axes, unit, meaning) in OUTCOMES.items()
        ],
    }
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return load(folder)


@pytest.fixture(scope="session")
def make_result() -> Callable[..., Result]:
    """The maker of results folders."""
    return make


@pytest.fixture(scope="session")
def result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    """Three countries, two scenarios, forty runs, eight quarters."""
    return make(tmp_path_factory.mktemp("result"))


@pytest.fixture
def caption() -> Caption:
    return Caption(
        "What if?", "Autonomy", "Weight [0 to 1]", "multivector 9.9, case Toyland", 40, 5
    )


# Reading a page


def words(figure: Figure) -> str:
    """All words on the page, one text a line."""
    return "\n".join(text.get_text() for text in figure.findobj(Text))


def _outline(text: Text, renderer: Any) -> np.ndarray:
    """Corners of a text's box, turned with the text."""
    box = text.get_window_extent(renderer)
    centre = np.array([(box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2])
    angle = np.radians(text.get_rotation())
    width, height = box.width, box.height
    if abs(np.sin(2 * angle)) > 1e-6:
        font = text.get_fontproperties()
        width, height, _ = renderer.get_text_width_height_descent(text.get_text(), font, False)
        height *= 0.8  # lines of capitals and ascenders; descenders are rare and short
    else:
        angle = 0.0  # the box of upright words is turned already
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    half = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * [width / 2, height / 2]
    return np.asarray(centre + half @ turn)


def _apart(one: np.ndarray, other: np.ndarray, slack: float = 1.5) -> bool:
    """Whether two turned boxes overlap by less than `slack` pixels (separating axes)."""
    for box in (one, other):
        for edge in np.diff(np.vstack([box, box[:1]]), axis=0):
            normal = np.array([-edge[1], edge[0]]) / (np.hypot(*edge) or 1.0)
            first, second = one @ normal, other @ normal
            if first.max() <= second.min() + slack or second.max() <= first.min() + slack:
                return True
    return False


def collisions(figure: Figure) -> list[tuple[str, ...]]:
    """Texts that overlap or leave the page."""
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    figure.draw(renderer)
    shown = [
        (text.get_text(), _outline(text, renderer))
        for text in figure.findobj(Text)
        if text.get_visible() and text.get_text().strip()
    ]
    width, height = figure.bbox.width, figure.bbox.height
    found: list[tuple[str, ...]] = [
        ("leaves the page", text)
        for text, box in shown
        if box.min() < -1 or box[:, 0].max() > width + 1 or box[:, 1].max() > height + 1
    ]
    low, high = (np.stack([f(box, axis=0) for _, box in shown]) for f in (np.min, np.max))
    near = np.all((low[:, None] < high) & (low < high[:, None]), axis=2)
    return found + [
        ("overlap", shown[one][0], shown[other][0])
        for one, other in np.argwhere(np.triu(near, 1))
        if not _apart(shown[one][1], shown[other][1])
    ]


@pytest.fixture(scope="session")
def page_words() -> Callable[[Figure], str]:
    """The reader of all words on a page."""
    return words


@pytest.fixture(scope="session")
def page_collisions() -> Callable[[Figure], list[tuple[str, ...]]]:
    """The finder of texts that overlap or leave the page."""
    return collisions
