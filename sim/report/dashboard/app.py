"""The dashboard as a Dash application: what a page asks, and what it is answered."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from dash import ClientsideFunction, Dash, Input, Output, State, ctx, dcc, no_update
from dash.exceptions import PreventUpdate

from sim import __version__
from sim.core.errors import InputError
from sim.core.indicators import INDICATORS
from sim.experiment.design import Design
from sim.experiment.live import Live, Superseded
from sim.report.dashboard import form, layout
from sim.report.dashboard.address import from_query, to_query
from sim.report.dashboard.desk import Desk, Shown, horizon
from sim.report.dashboard.panel import checked, first_state
from sim.report.dashboard.scenario_file import to_toml
from sim.report.dashboard.state import State as Page
from sim.report.numbers import counted
from sim.scenario import list_scenarios, load_scenario
from sim.scenario.problems import nearest

_LOG = logging.getLogger(__name__)
_LONGEST = 2000  # characters of a message; all that is allowed may take that many

# What an answer holds, in order: property of a component of the page.
ANSWER = (
    ("form", "children"),
    ("query", "data"),
    ("title", "children"),
    ("question", "children"),
    *((name, "figure") for name in layout.CHARTS),
    *((f"{name}-says", "children") for name in layout.CHARTS),
    *((f"{name}-meaning", "children") for name in layout.CHARTS),
    ("powers", "children"),
    ("numbers", "children"),
    ("compared", "children"),
    ("status", "children"),
    ("message", "children"),
    ("answer", "data"),
)


class Application:
    """What the pages share: a desk, and the scenarios that can be chosen.

    Parameters
    ----------
    live : Live
    scenario : str
        Of a page whose address names none: a name, or the path of a file.
    design : Design or None
        Where the controls of drivers and behaviour come from.
    runs : int or None
        Of a page whose address does not say; None: as the scenario has it.

    Raises
    ------
    InputError
        If the scenario cannot be opened, or that many runs cannot be played.
    """

    def __init__(
        self,
        live: Live,
        scenario: str = "baseline",
        design: Design | None = None,
        runs: int | None = None,
    ) -> None:
        self.desk, self.design = Desk(live, design), design
        first = first_state(scenario, design)
        self.first = checked(first if runs is None else replace(first, runs=runs), design)
        self.scenarios = {name: load_scenario(name).title for name in sorted(list_scenarios())}
        self.scenarios.setdefault(first.scenario, load_scenario(scenario).title)

    # From what a page asks to a state

    def opened(self, search: str) -> Page:
        """The state of an address.

        Raises
        ------
        InputError
            If the address holds what cannot be.
        """
        state = from_query(search, self.design, self.first.scenario)
        if "runs" in dict(parse_qsl(search.removeprefix("?"))):
            return state
        return replace(state, runs=self.first.runs)

    def next(self, asked: Mapping[str, Any], state: Page) -> tuple[Page, bool]:
        """The state that follows on what a page asks, and whether its form changes its shape.

        Raises
        ------
        InputError
            If what is asked cannot be.
        """
        kind, name = asked["kind"], str(asked.get("name", ""))
        if kind == "reset":
            return replace(state, values={}, added=()), True
        panel = self.desk.panel(state)
        given = form.read(asked["form"], state, panel)
        if given.scenario != state.scenario:
            self._known(given.scenario)
            return self._in_scenario(given), True
        if kind == "add":
            self._known(name)
            given = self._fitting(replace(given, added=(*state.added, name)))
        elif kind == "remove":
            kept = tuple(one for one in state.added if one != name)
            given = self._fitting(replace(given, added=kept))
        given = checked(given, self.design)
        if kind == "pin":
            given = given.pin()
        elif kind == "unpin":
            given = given.unpin()
        elif kind == "base":
            given = replace(given, pinned=self._extended(given.scenario))
        return given, kind in ("add", "remove")

    def _extended(self, scenario: str) -> Page:
        """What a scenario extends, untouched."""
        base = load_scenario(scenario).base
        if base is None or base.name not in self.scenarios:  # or it is a file beside this one
            raise InputError(f"{scenario} extends no other scenario; pin a setting instead")
        return first_state(base.name, self.design)

    def _known(self, scenario: str) -> None:
        if scenario not in self.scenarios:
            raise InputError(
                f"there is no scenario {scenario!r}{nearest(scenario, self.scenarios)}"
            )

    def _in_scenario(self, given: Page) -> Page:
        """Another scenario untouched, looked at in the same way so far as it has the actors."""
        state = first_state(given.scenario, self.design)
        panel = self.desk.panel(state)
        codes = {
            axis: code if code in panel.names[axis] else getattr(state, axis)
            for axis, code in given.codes.items()
        }
        outcome = given.outcome if given.outcome in panel.outcomes else state.outcome
        state = state.looking_at(codes)
        return replace(
            state, outcome=outcome, runs=given.runs, seed=given.seed, pinned=given.pinned
        )

    def _fitting(self, state: Page) -> Page:
        """The state without values of controls that there are no more."""
        held = self.desk.panel(state).controls
        return state.moved({key: value for key, value in state.values.items() if key in held})

    # From a state to what a page shows

    def answer(self, asked: Mapping[str, Any], query: str) -> dict[tuple[str, str], Any]:
        """What changes on a page that asks something; a message alone where it cannot be.

        Parameters
        ----------
        asked : mapping
            ``kind``, ``n`` (which question of the page it is), ``page`` (which page), and what
            belongs to the kind: ``search``, ``form``, ``name``.
        query : str
            Of the state that the page shows.

        Raises
        ------
        Superseded
            If the same page asked for something else meanwhile.
        """
        done = {("answer", "data"): {"n": asked["n"]}}
        try:
            return done | self._answer(asked, query)
        except InputError as error:
            told = _shortened(str(error))
            if asked["kind"] != "open":
                return done | {("message", "children"): told}
            # An address that cannot be shown: the page opens as if it had none, and says so.
            told = f"This address cannot be shown, and the page opens as if it had none. {told}"
            opened = self._answer({**asked, "search": ""}, "")
            return done | opened | {("message", "children"): told, ("query", "data"): no_update}

    def _answer(self, asked: Mapping[str, Any], query: str) -> dict[tuple[str, str], Any]:
        if asked["kind"] == "open":
            state, shape = self.opened(asked["search"]), True
        else:
            state, shape = self.next(asked, self.opened(query))
        shown = self.desk.show(state, asked["page"])
        found = self._shown(shown, state)
        found[("query", "data")] = to_query(state)
        found[("message", "children")] = ""
        if shape:
            panel = self.desk.panel(state)
            found[("form", "children")] = form.draw(panel, state, self.scenarios)
        return found

    def _shown(self, shown: Shown, state: Page) -> dict[tuple[str, str], Any]:
        view, span = shown.view, horizon(shown.view)
        outcome = INDICATORS[view.outcome]
        words = view.words(view.outcome)
        meaning = f"{words}: {outcome.meaning} [{view.unit(view.column)}]."
        country = view.name("country")
        ternary = view.ternary()
        changed = len(state.values) + len(state.added)
        compared = "this scenario untouched"
        if state.pinned is not None:
            held = len(state.pinned.values) + len(state.pinned.added)
            compared = f"{self.scenarios[state.pinned.scenario]}, {_changed(held)}"
        runs = f"{counted(view.present.runs, 'run')}, seed {view.present.seed}, {span}"
        made = f"multivector {__version__}, case {shown.case['title']}"
        found: dict[tuple[str, str], Any] = {
            ("title", "children"): self.scenarios[state.scenario],
            ("question", "children"): self.desk.panel(state).scenario.question,
            ("powers", "children"): layout.powers(view),
            ("numbers", "children"): layout.table(view, view.rows(), span),
            ("compared", "children"): "The present setting is the baseline."
            if view.baseline is None
            else f"Compared with: {compared}.",
            ("status", "children"): f"{runs}; {_changed(changed)}; played in "
            f"{shown.seconds:.1f} s. {made} (base {shown.case['as_of']}).",
        }
        for name, figure, says, means in (
            ("fan", view.fan(), view.fan_says(), meaning),
            ("difference", view.difference() or layout.EMPTY, view.difference_says(), meaning),
            ("distribution", view.distribution(), view.distribution_says(), meaning),
            (
                "ternary",
                ternary or layout.EMPTY,
                view.ternary_says(),
                f"{country}: dots are runs at the end, lines the medians by quarter up to it.",
            ),
            (
                "timeline",
                view.timeline(),
                view.timeline_says(),
                f"{country}: mean number a run and year, stacked by power; black dashes: the "
                "baseline.",
            ),
        ):
            found[name, "figure"] = figure
            found[f"{name}-says", "children"] = says
            found[f"{name}-meaning", "children"] = means
        return found

    # Files

    def file(self, kind: str, query: str) -> tuple[str, str]:
        """Name and content of a file about the state of a page.

        Parameters
        ----------
        kind : str
            ``toml``, ``runs`` or ``quarters``.
        query : str
            Of the state.

        Raises
        ------
        InputError
            If the state cannot be run.
        """
        state = self.opened(query)
        stem = Path(state.scenario).stem
        if kind == "toml":
            changed = "_changed" if state.values or state.added else "_copy"
            return f"{stem}{changed}.toml", to_toml(state, self.design)
        view = self.desk.show(state).view
        table = view.runs_table() if kind == "runs" else view.quarters_table()
        name = f"{stem}_{kind}_{state.runs}_runs_seed_{state.seed}.csv"
        return name, table.to_csv(index=False)


def _shortened(text: str) -> str:
    """A message that repeats what an address holds, which may be of any length."""
    half = _LONGEST // 2
    return text if len(text) <= _LONGEST else f"{text[:half]} … {text[-half:]}"


def _changed(number: int) -> str:
    return f"{number} changed" if number else "nothing changed"


def dash_app(application: Application) -> Dash:
    """The Dash application; its ``server`` is a WSGI one.

    All that it needs is served by itself; nothing is loaded from elsewhere.
    """
    app = Dash(
        "multivector",
        assets_folder=str(Path(__file__).parent / "assets"),
        index_string=layout.INDEX,
        title="multivector dashboard",
        update_title=None,  # type: ignore[arg-type]
        serve_locally=True,
    )
    app.layout = layout.page

    def answer(asked: dict[str, Any] | None, query: str) -> list[Any]:
        if not asked:
            raise PreventUpdate
        try:
            found = application.answer(asked, query)
        except Superseded:
            raise PreventUpdate from None
        except Exception:
            _LOG.exception("a page could not be answered")
            found = {
                ("answer", "data"): {"n": asked["n"]},
                ("message", "children"): "Something went wrong in the program; the terminal in "
                "which it runs tells what. The pictures are those shown before.",
            }
        return [found.get(place, no_update) for place in ANSWER]

    def save(*given: Any) -> tuple[Any, Any]:
        kind = str(ctx.triggered_id).removeprefix("save-")
        try:
            name, text = application.file(kind, given[-1])
        except InputError as error:
            return no_update, str(error)
        return dcc.send_string(text, name), no_update

    app.callback(
        *(Output(*place) for place in ANSWER),
        Input("asked", "data"),
        State("query", "data"),
        prevent_initial_call=True,
    )(answer)
    app.callback(
        Output("download", "data"),
        Output("message", "children", allow_duplicate=True),
        *(Input(f"save-{kind}", "n_clicks") for kind in ("toml", "runs", "quarters")),
        State("query", "data"),
        prevent_initial_call=True,
    )(save)
    for name, output, inputs in (
        ("opened", Output("asked", "data"), [Input("url", "search")]),
        (
            "answered",
            Output("told", "data"),
            [Input("answer", "data"), Input("query", "data"), Input("message", "children")],
        ),
    ):
        app.clientside_callback(ClientsideFunction("multivector", name), output, *inputs)
    return app
