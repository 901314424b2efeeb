"""Countries and powers as Mesa agents whose attributes are views on the core's arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import mesa

from sim.core.errors import InputError
from sim.core.world import Array

if TYPE_CHECKING:
    from sim.mesa_model.model import DiplomacyModel


def _place(code: str, codes: tuple[str, ...], what: str) -> int:
    if code not in codes:
        raise InputError(f"{code!r} is not a {what} of this model; there are {', '.join(codes)}")
    return codes.index(code)


class CountryAgent(mesa.Agent):
    """A country. Arrays are read-through: they show the model's state at the moment of reading.

    Parameters
    ----------
    model : DiplomacyModel
    code : str
        The country's code.
    """

    model: DiplomacyModel

    def __init__(self, model: DiplomacyModel, code: str) -> None:
        super().__init__(model)
        self.code = code
        self._row = model.world.names.countries.index(code)

    @property
    def share(self) -> Array:
        """Shares (power, channel): a view on the core's array; writing to it intervenes."""
        return self.model.state.share[self._row, ..., 0]

    @property
    def fear(self) -> Array:
        """Perceived hazard of coercion by power (power,): a view on the core's array."""
        return self.model.state.fear[self._row, :, 0]

    @property
    def position(self) -> float:
        """Position on the contested axis, -1 to 1."""
        return float(self.model.state.position[self._row, 0])

    @property
    def output(self) -> float:
        """Log deviation of output from its trend."""
        return float(self.model.state.output[self._row, 0])

    @property
    def reexport_intensity(self) -> float:
        """Re-exports to sanctioned powers as a share of their ceiling, 0 to 1."""
        return float(self.model.state.reexport[self._row, 0])

    @property
    def autonomy(self) -> float:
        """Weight of the own ideal in the position, 0 to 1."""
        return self._measure("autonomy")

    @property
    def entropy(self) -> float:
        """Evenness of the portfolio over partners, 0 to 1."""
        return self._measure("entropy")

    @property
    def remittance_index(self) -> float:
        """Remittances received against the base."""
        return self._measure("remittance_index")

    def leverage_of(self, power: str) -> float:
        """Loss that the power could inflict, share of GDP."""
        column = _place(power, self.model.world.names.powers, "power")
        return float(self.model.measure("leverage")[self._row, column, 0])

    def alignment_with(self, power: str) -> float:
        """Share of the power in the exposure-weighted portfolio, 0 to 1."""
        column = _place(power, self.model.world.names.powers, "power")
        return float(self.model.measure("alignment")[self._row, column, 0])

    def _measure(self, name: str) -> float:
        return float(self.model.measure(name)[self._row, 0])


class PowerAgent(mesa.Agent):
    """A power, or the region itself as a partner.

    Parameters
    ----------
    model : DiplomacyModel
    code : str
        The power's code.
    """

    model: DiplomacyModel

    def __init__(self, model: DiplomacyModel, code: str) -> None:
        super().__init__(model)
        self.code = code
        self._column = model.world.names.powers.index(code)

    @property
    def attention(self) -> Array:
        """Attention by country (country,): a view on the core's array."""
        return self.model.state.attention[:, self._column, 0]

    @property
    def total_attention(self) -> float:
        """Attention to all countries together, in budget units."""
        return float(self.attention.sum())

    @property
    def stance(self) -> float:
        """Stance on the contested axis, -1 to 1."""
        return float(self.model.state.drivers["stance"][self._column, 0])

    @property
    def distraction(self) -> float:
        """Share of its attention tied up elsewhere, 0 to 0.95."""
        return float(self.model.state.drivers["distraction"][self._column, 0])

    @property
    def measures_in_force(self) -> int:
        """Dyads and channels in which own measures are in force."""
        return int((self.model.state.own_measures[:, self._column, :, 0] > 0).sum())

    def attention_to(self, country: str) -> float:
        """Attention to one country, in budget units."""
        return float(self.attention[_place(country, self.model.world.names.countries, "country")])
