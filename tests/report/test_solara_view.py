"""Mesa's viewer shows a model, steps it, and makes it anew with what is chosen."""

from __future__ import annotations

import importlib
import inspect
import sys

import pytest

from sim.core.errors import InputError
from sim.mesa_model import DiplomacyModel

SEED = 11


def test_what_to_install_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "sim.report.solara_view", raising=False)
    monkeypatch.setitem(sys.modules, "solara", None)
    with pytest.raises(InputError, match=r'solara, .*pip install "multivector\[solara\]"$'):
        importlib.import_module("sim.report.solara_view")


@pytest.mark.filterwarnings("ignore")  # Mesa's and solara's own
def test_the_viewer_steps_a_model_and_makes_it_anew() -> None:
    solara = pytest.importorskip("solara")
    import ipyvuetify

    from sim.report import solara_view

    model = DiplomacyModel("baseline", rng=SEED, run=2)
    shown, element = solara.render(solara_view.leverage_view(model), handle_error=False)
    picture = bytes(shown.children[0].value)
    assert b"<svg" in picture
    assert b"RUS.KAZ.transit" in picture
    element.close()

    made: list[DiplomacyModel] = []

    class Watched(DiplomacyModel):
        """Keeps what the viewer makes of it."""

        def __init__(self, spec="baseline", rng=None, run=0) -> None:
            super().__init__(spec, rng, run)
            made.append(self)

    first = Watched("baseline", rng=SEED, run=2)

    @solara.component
    def Whole() -> None:
        with solara.AppLayout():
            solara_view.view(first)

    _, element = solara.render(Whole(), handle_error=False)

    def press(button: str) -> None:
        element.find(ipyvuetify.Btn, children=[button]).widget.click()

    press("Step")
    press("Step")
    assert first.quarter == "2023Q2"
    element.find(ipyvuetify.Select).widget.v_model = "cpc_closure"
    press("Reset")
    again = made[-1]
    assert (again.spec.name, again.root_seed, again.run_number) == ("cpc_closure", SEED, 2)
    press("Step")
    assert again.quarter == "2023Q1"
    element.close()


def test_what_can_be_chosen_are_arguments_of_the_model() -> None:
    pytest.importorskip("solara")
    from sim.report.solara_view import parameters

    chosen = parameters(DiplomacyModel("cpc_closure", rng=123_456, run=2))
    assert set(chosen) <= set(inspect.signature(DiplomacyModel).parameters)
    assert chosen["spec"]["value"] == "cpc_closure"
    assert {"baseline", "cpc_closure"} <= set(chosen["spec"]["values"])
    assert (chosen["rng"]["value"], chosen["rng"]["max"]) == (123_456, 123_456)
    assert (chosen["run"]["value"], chosen["run"]["min"]) == (2, 0)
