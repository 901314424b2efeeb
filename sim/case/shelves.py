"""Where cases, scenarios and designs are looked for by name: here, then among those shipped."""

from __future__ import annotations

from pathlib import Path


def shelves(kind: str) -> list[Path]:
    """The folders in which a name is looked for, the first one goes before the other.

    Parameters
    ----------
    kind : str
        A folder of the working folder, such as ``"scenarios"``; those that are shipped have the
        same name, within an installed package or beside it in a checkout.
    """
    package = Path(__file__).parents[1]
    inside = package / "_data"
    return [Path(kind), (inside if inside.is_dir() else package.parent) / kind]
