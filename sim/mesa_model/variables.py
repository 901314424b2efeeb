"""What can be read from a model, and changed between its steps: where each variable is kept."""

from __future__ import annotations

from dataclasses import replace
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.case.schema import ATTRIBUTES
from sim.core.drivers import DRIVERS
from sim.core.errors import InputError
from sim.core.indicators import INDICATORS
from sim.core.world import Array
from sim.mesa_model.cells import Place

if TYPE_CHECKING:
    from sim.mesa_model.model import DiplomacyModel

_ROUNDING = 1e-9


class Variable:
    """One array of the model with named axes, runs last; this run is the first on that axis.

    Parameters
    ----------
    name : str
    axes : tuple of str
        Without the runs.
    low, high : float
        The range of a value.
    """

    def __init__(self, name: str, axes: tuple[str, ...], low: float, high: float) -> None:
        self.name, self.axes, self.low, self.high = name, axes, low, high

    def read(self, model: DiplomacyModel) -> Array:
        """The values now (*axes, run)."""
        raise NotImplementedError

    def write(self, model: DiplomacyModel, place: Place, value: float) -> None:
        """Change one value.

        Raises
        ------
        InputError
            If it is no number, or out of range.
        """
        raise NotImplementedError

    @property
    def writable(self) -> bool:
        """Can a user change it."""
        return type(self).write is not Variable.write

    def checked(self, value: object) -> float:
        """A value that the variable can have."""
        is_number = isinstance(value, Real) and not isinstance(value, bool | np.bool_)
        if not is_number or not self.low <= float(value) <= self.high:  # type: ignore[arg-type]
            raise InputError(
                f"{self.name}: found {value!r}; allowed: {self.low:g} to {self.high:g}"
            )
        return float(value)  # type: ignore[arg-type]


class Outcome(Variable):
    """What follows from the quarter: read only."""

    def __init__(self, name: str) -> None:
        super().__init__(name, INDICATORS[name].axes, -np.inf, np.inf)

    def read(self, model: DiplomacyModel) -> Array:
        return model.measure(self.name)


class Stock(Variable):
    """A state variable: what is written is where the next quarter starts from."""

    def read(self, model: DiplomacyModel) -> Array:
        return getattr(model.state, self.name)

    def write(self, model: DiplomacyModel, place: Place, value: float) -> None:
        array, value = self.read(model), self.checked(value)
        if self.name == "share":
            country, power, channel = place
            others = np.delete(array[country, :, channel, 0], power).sum()
            if others + value > 1.0 + _ROUNDING:
                raise InputError(
                    f"share: found {value:g}, which with the {others:g} of the other powers is "
                    "above 1; lower theirs first"
                )
        array[(*place, 0)] = value
        model._forget()


class Capacity(Stock):
    """Capacity of routes, in each route's unit a year."""

    def _unit(self, model: DiplomacyModel) -> Array:
        return model.world.attributes.routes.volume_per_share

    def read(self, model: DiplomacyModel) -> Array:
        return model.state.capacity * self._unit(model)

    def write(self, model: DiplomacyModel, place: Place, value: float) -> None:
        unit = self._unit(model)[(*place, 0)]
        if not unit > 0:
            raise InputError("capacity: nothing flows on this route at the base, so it has no unit")
        model.state.capacity[(*place, 0)] = self.checked(value) / unit
        model._forget()


class Ideal(Variable):
    """The position that a country would take if nobody had influence over it."""

    def __init__(self) -> None:
        super().__init__("own_ideal", ("country",), -1.0, 1.0)

    def read(self, model: DiplomacyModel) -> Array:
        return model._simulation.setting.reference.own_ideal

    def write(self, model: DiplomacyModel, place: Place, value: float) -> None:
        array = self.read(model).copy()
        array[place] = self.checked(value)
        setting = model._simulation.setting
        reference = replace(setting.reference, own_ideal=array)
        model._simulation.setting = replace(setting, reference=reference)


class Attribute(Variable):
    """An attribute of the case: a change holds from the next quarter on.

    The reference, from which effects are counted, stays that of the base: the change acts.
    """

    def __init__(self, name: str) -> None:
        found = ATTRIBUTES[name]
        super().__init__(name, found.axes, found.low, found.high)

    def read(self, model: DiplomacyModel) -> Array:
        return getattr(model.world.attributes, self.name)

    def write(self, model: DiplomacyModel, place: Place, value: float) -> None:
        array = self.read(model).copy()  # the case's own is shared with other models
        array[place] = self.checked(value)
        setting = model._simulation.setting
        changed: dict[str, Any] = {self.name: array}
        attributes = replace(setting.world.attributes, **changed)
        world = replace(setting.world, attributes=attributes)
        model._simulation.setting = replace(setting, world=world)


class Driver(Variable):
    """What comes from outside: another mean path from the next quarter on, noise stays."""

    def __init__(self, name: str) -> None:
        found = DRIVERS[name]
        super().__init__(name, found.axes, found.low, found.high)

    def read(self, model: DiplomacyModel) -> Array:
        return model._ahead.get(self.name, model.state.drivers[self.name])

    def write(self, model: DiplomacyModel, place: Place, value: float) -> None:
        value, index = self.checked(value), model._simulation.index
        setting = model._simulation.setting
        mean = setting.plan.drivers[self.name].copy()
        ahead_of: Any = (slice(index, None), *place)
        mean[ahead_of] = value
        plan = replace(setting.plan, drivers=setting.plan.drivers | {self.name: mean})
        model._simulation.setting = replace(setting, plan=plan)
        ahead = self.read(model).copy()
        ahead[place] = value
        model._ahead[self.name] = ahead
