"""One run in the browser, in Mesa's own viewer: ``solara run sim.report.solara_view``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from matplotlib.figure import Figure

from sim.core.errors import missing_package
from sim.mesa_model import DiplomacyModel
from sim.report.run_pictures import course_figure, has_map, leverage_figure, routes_figure
from sim.scenario import list_scenarios

try:
    import solara
    from mesa.visualization import SolaraViz
except ImportError:
    raise missing_package("Mesa's viewer", "solara", "solara") from None

MOST_SEED, MOST_RUN = 9999, 999  # ends of the sliders


def leverage_view(model: DiplomacyModel) -> Any:
    """Who could hurt whom in the present quarter, as a component of SolaraViz."""
    return _shown(leverage_figure, model)


def course_view(model: DiplomacyModel) -> Any:
    """Outcomes of countries so far, as a component of SolaraViz."""
    return _shown(course_figure, model)


def routes_view(model: DiplomacyModel) -> Any:
    """What routes carry in the present quarter, as a component of SolaraViz."""
    if not has_map(model):
        return solara.Info(f"The case {model.case.name} does not say where its routes run.")
    return _shown(routes_figure, model)


def _shown(draw: Callable[[DiplomacyModel], Figure], model: DiplomacyModel) -> Any:
    return solara.FigureMatplotlib(draw(model), format="svg")


VIEWS = [(leverage_view, 0), (course_view, 0), (routes_view, 1)]  # with the number of their tab


def parameters(model: DiplomacyModel) -> dict[str, Any]:
    """What a user of the viewer can choose: arguments of the model, as SolaraViz takes them.

    Parameters
    ----------
    model : DiplomacyModel
        Its scenario, seed and run are the ones chosen at first.
    """
    return {
        "spec": {
            "type": "Select",
            "label": "Scenario",
            "value": model.spec.name,
            "values": [*list_scenarios()],
        },
        "rng": _slider("Seed", model.root_seed, MOST_SEED),
        "run": _slider("Run", model.run_number, MOST_RUN),
    }


def _slider(label: str, value: int, most: int) -> dict[str, Any]:
    return {
        "type": "SliderInt",
        "label": label,
        "value": value,
        "min": 0,
        "max": max(most, value),
        "step": 1,
    }


def view(model: DiplomacyModel) -> Any:
    """Mesa's viewer of a model, with scenario, seed and run to choose from.

    Parameters
    ----------
    model : DiplomacyModel

    Returns
    -------
    reacton.core.Element
    """
    return SolaraViz(
        model,
        components=list(VIEWS),
        model_params=parameters(model),
        name="multivector",
        play_interval=500,
    )


def _page() -> None:
    """What ``solara run`` shows: the baseline at first."""
    view(solara.use_memo(lambda: DiplomacyModel("baseline"), []))


Page = solara.component(_page)  # solara looks for this name
