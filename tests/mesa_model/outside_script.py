"""A user's script under Mesa's own conventions; it prints what it finds, numbers to the last bit.

It runs on every version of Mesa that the package supports: ``python outside_script.py``.
"""

from __future__ import annotations

import copy
import hashlib
import json
import pickle

import mesa
import numpy as np

from sim.mesa_model import CountryAgent, DiplomacyModel, PowerAgent


class Proportionate(PowerAgent):
    """Divides attention by value alone."""

    def allocate_attention(self, choice):
        return choice.value / choice.value[choice.core].sum()


def members(model):
    return sum(agent.member for agent in model.countries)


def main() -> None:
    model = DiplomacyModel(
        "cpc_closure",
        rng=7,
        run=3,
        parameters="point",
        model_reporters={"members": members},
        agenttype_reporters={CountryAgent: {"openness": "openness"}},
    )
    for _ in range(6):
        model.step()
    model["USA"].stance = 0.5
    model["KAZ"].openness = 0.4
    model.force("coerce", country="KAZ", power="RUS", channel="energy", quarters=2)
    twin = pickle.loads(pickle.dumps(model))
    other = copy.deepcopy(model)
    while model.running:
        model.step()
        twin.step()
        other.step()

    countries = model.agents_by_type[CountryAgent]
    close = model.agents.select(lambda a: isinstance(a, CountryAgent) and a.alignment["RUS"] > 0.2)
    frame = model.datacollector.get_model_vars_dataframe()
    rows = model.datacollector.get_agenttype_vars_dataframe(CountryAgent)
    one = DiplomacyModel("cpc_closure", rng=7, parameters="point", agents={"USA": Proportionate})
    one.run_model() if hasattr(one, "run_model") else [one.step() for _ in range(one.plan.quarters)]

    grid = np.linspace(0.01, 3.0, 1000)
    functions = [np.exp(grid), np.log(grid), grid**1.7, np.tanh(grid), np.sqrt(grid)]

    def exact(numbers):
        return [float(number).hex() for number in numbers]

    found = {
        "mesa": mesa.__version__,
        "functions": hashlib.sha256(np.concatenate(functions).tobytes()).hexdigest(),
        "running": model.running,
        "quarters": list(frame["quarter"]),
        "members": [int(number) for number in frame["members"]],
        "cohesion": exact(frame["cohesion"]),
        "autonomy": exact(rows["autonomy"]),
        "openness": exact(rows["openness"]),
        "mean output": exact([countries.agg("output", np.mean)]),
        "close to RUS": [agent.code for agent in close],
        "leverage": exact(agent.leverage_of("RUS") for agent in model.countries),
        "pickled": exact(twin.outcome("autonomy").values()),
        "copied": exact(other.outcome("autonomy").values()),
        "alone": exact(model.outcome("autonomy").values()),
        "own rule": exact(one.outcome("attention").values()),
        "table": [list(level) for level in model.table(CountryAgent).index[:2]],
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
