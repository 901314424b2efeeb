"""A stored result made anew from its manifest, and compared with it table by table."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from sim.case import Posterior, read_posterior
from sim.core import quarters
from sim.core.errors import InputError
from sim.experiment import store
from sim.experiment.batch import batch
from sim.experiment.design import design_from
from sim.experiment.ensemble import EnsembleInterrupted
from sim.experiment.sweep import sweep
from sim.scenario import Scenario
from sim.scenario.load import validated
from sim.scenario.schema import Origin

_NEEDED = ("chunk", "parameters", "versions", "cpu_features")  # beside what readers need
_SOFTWARE = ("multivector", "numpy", "python", "pandas", "pyarrow")  # likelier causes first


@dataclass(frozen=True)
class Comparison:
    """One table of a stored result and the same table made anew."""

    table: str
    matches: bool
    finding: str  # in words


@dataclass(frozen=True)
class Rerun:
    """What came of making a result anew.

    Attributes
    ----------
    tables : tuple of Comparison
    causes : tuple of str
        What differs from when the result was made and may explain what differs in it.
    folder : Path or None
        Where the new result stands; None: it was removed.
    """

    tables: tuple[Comparison, ...]
    causes: tuple[str, ...]
    folder: Path | None

    @property
    def matches(self) -> bool:
        """Are all tables equal in content."""
        return all(one.matches for one in self.tables)


@dataclass(frozen=True)
class Order:
    """What is to be made anew, where and how."""

    folder: Path  # of the stored result
    manifest: Mapping[str, Any]
    out: Path
    jobs: int | None
    cluster: str | None
    progress: bool

    def scenarios(self) -> list[Scenario]:
        """The scenarios as they were run, whatever became of their files."""
        return [
            validated(one["resolved"], Origin(one["name"])) for one in self.manifest["scenarios"]
        ]

    def parameters(self) -> str | Posterior:
        """The draws of the parameters: the case's own, or those stored beside the manifest."""
        given = str(self.manifest["parameters"]["given"])
        if given in ("posterior", "point"):
            return given
        return read_posterior(self.folder / "parameters.parquet")

    def kept(self) -> list[str]:
        """Names of the outcomes recorded by quarter."""
        return [one["name"] for one in self.manifest["outcomes"] if one["by_quarter"]]


def _remake_batch(order: Order) -> None:
    batch(
        order.scenarios(),
        runs=order.manifest["runs"],
        seed=order.manifest["seed"],
        out=order.out,
        jobs=order.jobs,
        cluster=order.cluster,
        trajectories=order.kept(),
        progress=order.progress,
        resume=True,
        chunk=order.manifest["chunk"],
        parameters=order.parameters(),
        replicates=order.manifest["parameters"]["replicates"],
    )


def _remake_sweep(order: Order) -> None:
    drawn = order.parameters()
    sweep(
        design_from(order.manifest["design"]),
        out=order.out,
        jobs=order.jobs,
        cluster=order.cluster,
        progress=order.progress,
        resume=True,
        chunk=order.manifest["chunk"],
        scenarios=order.scenarios(),
        parameters=drawn if isinstance(drawn, Posterior) else None,
    )


_REMAKE: dict[str, Callable[[Order], None]] = {  # by format
    store.FORMAT: _remake_batch,
    store.SWEEP_FORMAT: _remake_sweep,
}


def rerun(
    folder: str | Path,
    out: str | Path | None = None,
    jobs: int | None = None,
    cluster: str | None = None,
    keep: bool = False,
    progress: bool = False,
) -> Rerun:
    """Make a stored result anew from its manifest alone, and say whether the two match.

    Scenarios are taken from the manifest; the case is looked up by its name.

    Parameters
    ----------
    folder : path
        A complete result.
    out : path, optional
        Where the new one is to stand, or was begun by an interrupted call; default: a temporary
        folder, removed at the end.
    jobs, cluster : see `sim.experiment.engines.engine`
    keep : bool
        Leave the temporary folder.
    progress : bool
        Show runs done, rate, time left and failures on standard error.

    Raises
    ------
    InputError
        If the folder holds no complete result, or it cannot be made any more.
    KeyboardInterrupt
        On Ctrl-C, with a message that says what is kept.
    """
    folder = Path(folder)
    form = store.format_of(folder)
    manifest = store.read_manifest(folder, form if form in _REMAKE else store.FORMAT)
    missing = [key for key in _NEEDED if key not in manifest]
    missing += ["resolved scenarios"] * any("resolved" not in one for one in manifest["scenarios"])
    if missing:
        raise InputError(
            f"{folder / 'manifest.json'}: lacks {', '.join(missing)}, without which the result "
            "cannot be made anew; it was changed or cut short"
        )
    if manifest["status"] != "complete":
        raise InputError(
            f"{folder}: the result is incomplete; finish it first with the command that made it "
            f"and --resume ({manifest['command']} --out {folder} --resume)"
        )
    if out is not None:
        return _made(folder, manifest, Path(out), jobs, cluster, progress, stays=True)
    if keep:
        place = Path(tempfile.mkdtemp(prefix="multivector-rerun-"))
        return _made(folder, manifest, place, jobs, cluster, progress, stays=True)
    with tempfile.TemporaryDirectory(prefix="multivector-rerun-") as name:
        return _made(folder, manifest, Path(name), jobs, cluster, progress, stays=False)


def _made(
    folder: Path,
    manifest: Mapping[str, Any],
    out: Path,
    jobs: int | None,
    cluster: str | None,
    progress: bool,
    stays: bool,
) -> Rerun:
    if out.resolve() == folder.resolve():
        raise InputError(f"{out}: this is the result itself; choose another folder with --out")
    try:
        _REMAKE[manifest["format"]](Order(folder, manifest, out, jobs, cluster, progress))
    except EnsembleInterrupted:
        kept = f"--out {out} goes on with what is finished" if stays else "nothing is kept"
        raise KeyboardInterrupt(f"interrupted; {kept}") from None
    remade = store.read_manifest(out, manifest["format"])
    if remade["status"] != "complete":
        errors = "; ".join(one["error"] for one in remade["failures"][:3])
        raise InputError(f"{folder}: runs failed that had not when the result was made ({errors})")
    digests: Mapping[str, str] = manifest.get("digests", {})
    there = [
        name
        for name in store.EVERY_TABLE
        if name in digests or name in remade["digests"] or (folder / f"{name}.parquet").is_file()
    ]
    tables = tuple(
        _compared(name, folder, out, digests.get(name), remade["digests"].get(name))
        for name in there
    )
    return Rerun(tables, tuple(_causes(manifest, remade)), out if stays else None)


def _causes(stored: Mapping[str, Any], remade: Mapping[str, Any]) -> Iterator[str]:
    """What differs between now and when the result was made."""
    if stored["case"]["hash"] != remade["case"]["hash"]:
        yield f"the files of the case {stored['case']['name']} have changed"
    for before, now in zip(stored["scenarios"], remade["scenarios"], strict=True):
        if before["hash"] != now["hash"]:
            yield f"the scenario {before['name']} in the manifest has changed"
    if stored["parameters"].get("hash") != remade["parameters"].get("hash"):
        yield "the draws of the parameters have changed"
    for name in _SOFTWARE:
        before, now = stored["versions"][name], remade["versions"][name]
        if before != now:
            yield f"made with {name} {before}, remade with {now}"
    if stored["cpu_features"] != remade["cpu_features"]:
        yield "made on a processor with other features"


# Comparing tables


def _compared(
    name: str, folder: Path, out: Path, told: str | None, remade: str | None
) -> Comparison:
    """Compare a table with what its manifest told of it and with the one made anew."""
    path = folder / f"{name}.parquet"
    if not path.is_file():
        return Comparison(name, False, "is missing from the result")
    if remade is None:
        return Comparison(name, False, "was not made anew")
    found = store.digest(path)
    changed = told is not None and found != told
    note = "; it was changed since it was made: its content is not what the manifest says"
    if found == remade:
        text = f"equal in content, {pq.read_metadata(path).num_rows:,} rows"
        return Comparison(name, not changed, text + note * changed)
    differences = "; ".join(_differences(path, out / f"{name}.parquet"))
    return Comparison(name, False, differences + note * changed)


def _differences(stored: Path, remade: Path) -> Iterator[str]:
    """How two tables of unequal content differ, column by column, so that memory stays small."""
    with pq.ParquetFile(stored) as before, pq.ParquetFile(remade) as now:
        columns = (before.schema_arrow, now.schema_arrow)
        only = [
            [name for name in columns[one].names if name not in columns[1 - one].names]
            for one in (0, 1)
        ]
        for names, where in zip(only, ("stored", "remade"), strict=True):
            if names:
                yield f"{len(names)} columns only {where} ({_few(names)})"
        rows = (before.metadata.num_rows, now.metadata.num_rows)
        if rows[0] != rows[1]:
            yield f"{rows[0]:,} rows stored, {rows[1]:,} remade"
            return
        shared = [name for name in columns[0].names if name in columns[1].names]
        if not any(only) and columns[0].names != columns[1].names:
            yield "the columns stand in another order"
        wrong: list[str] = []
        values = 0
        largest: tuple[float, str, int] | None = None
        for name in shared:
            pair = [file.read(columns=[name])[name].combine_chunks() for file in (before, now)]
            if pair[0].type != pair[1].type:
                yield f"{name} holds {pair[0].type} stored, {pair[1].type} remade"
                continue
            unequal = _unequal(*pair)
            if not unequal.any():
                continue
            wrong.append(name)
            values += int(unequal.sum())
            if pa.types.is_floating(pair[0].type) or pa.types.is_integer(pair[0].type):
                gap = np.abs(_numbers(pair[1]) - _numbers(pair[0]))
                gap[~np.isfinite(gap)] = -1.0
                if largest is None or gap.max() > largest[0]:
                    largest = (float(gap.max()), name, int(gap.argmax()))
        if wrong:
            yield f"{values:,} of {rows[0] * len(shared):,} values differ, in {_few(wrong)}"
        if largest is not None and largest[0] >= 0:
            gap_found, name, place = largest
            pair = [file.read(columns=[name])[name][place].as_py() for file in (before, now)]
            yield (
                f"the largest difference is {gap_found:.3g}: {name} in {_row(before, place)}, "
                f"{pair[0]:.10g} stored, {pair[1]:.10g} remade"
            )


def _unequal(before: pa.Array, now: pa.Array) -> NDArray[np.bool_]:
    """Which values differ, in any bit."""
    there = [np.asarray(one.is_valid()) for one in (before, now)]
    if pa.types.is_floating(before.type):
        bits = np.int32 if before.type == pa.float32() else np.int64
        values = [one.fill_null(0).to_numpy().view(bits) for one in (before, now)]
        return (values[0] != values[1]) | (there[0] != there[1])
    different = pc.fill_null(pc.not_equal(before, now), False)
    return np.asarray(different) | (there[0] != there[1])


def _numbers(values: pa.Array) -> NDArray[np.float64]:
    return np.asarray(values.to_numpy(zero_copy_only=False), dtype=np.float64)


def _row(file: pq.ParquetFile, place: int) -> str:
    """A row by its keys."""
    keys = [key for key in (*store.KEYS, "outcome", "year") if key in file.schema_arrow.names]
    values = {key: file.read(columns=[key])[key][place].as_py() for key in keys}
    if "quarter" in values:
        values["quarter"] = quarters.name(values["quarter"])
    return ", ".join(f"{key} {value}" for key, value in values.items()) or f"row {place}"


def _few(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
