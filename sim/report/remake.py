"""How to make a report and its results again: commands, seeds, versions, hashes, digests."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path

from sim.report.blocks import Code, Section
from sim.report.material import Material

_DIGITS = 16  # of a hash; the manifests have them all


def tell(section: Section, material: Material, command: Sequence[str]) -> None:
    """Everything that is needed to have the same numbers again."""
    section.say(
        "Whoever runs these commands with the same version and the same files of case and scenario "
        "has the same numbers, on any number of cores."
    )
    commands = [
        _into(folder, str(manifest["command"]))
        if kind in ("batch", "sweep")
        else manifest["command"]
        for kind, folder, manifest in material.folders
        if "command" in manifest
    ]
    section.blocks.append(Code((*commands, shlex.join(command))))
    rows = []
    for kind, folder, manifest in material.folders:
        own = {**manifest.get("settings", {}), **manifest.get("plan", {}), **manifest}
        rows.append(
            [
                str(folder),
                kind,
                str(own.get("created", "–")),
                f"{own['runs']:,}" if "runs" in own else "–",
                str(own.get("seed", "–")),
                str(own.get("status", "–")),
                _versions(own.get("versions", {})),
                _short(manifest.get("case", {}).get("hash", "")),
            ]
        )
    section.table(
        "Results behind this report",
        ["folder", "kind", "made", "runs", "seed", "status", "versions", "hash of the case"],
        rows,
        numeric=(3, 4),
    )
    section.table(
        "Scenarios",
        ["scenario", "name", "result", "hash"],
        [
            [told.label, told.name, str(told.result.folder), _short(told.entry.get("hash", ""))]
            for told in material.scenarios
        ],
    )
    drawn = [
        [str(folder), _parameters(manifest.get("parameters") or {})]
        for kind, folder, manifest in material.folders
        if kind in ("batch", "sweep")
    ]
    section.table("Parameters of the runs", ["result", "values"], drawn)
    digests = [
        [f"{folder}, {name}", _short(digest)]
        for _, folder, manifest in material.folders
        for name, digest in (manifest.get("digests") or {}).items()
    ]
    section.table(
        "Digests of the tables",
        ["table", "digest"],
        digests,
        note=f"First {_DIGITS} digits of SHA-256; the manifests hold them in full. A table made "
        "again with the same digest holds the same numbers.",
    )


def _into(folder: Path, command: str) -> str:
    """A command with the folder that the report reads, which manifests leave out."""
    return command if " --out " in command else f"{command} --out {shlex.quote(str(folder))}"


def _versions(found: dict[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in found.items()) or "–"


def _short(text: object) -> str:
    return str(text)[:_DIGITS] or "–"


def _parameters(drawn: dict[str, object]) -> str:
    if not drawn.get("draws"):
        return "single values: the centres, but for what scenarios and designs set"
    return (
        f"{drawn['draws']:,} draws of {len(list(_names(drawn)))} parameters from the "
        f"{drawn.get('given', 'posterior')}, hash {_short(drawn.get('hash', ''))}"
    )


def _names(drawn: dict[str, object]) -> Iterable[object]:
    names = drawn.get("names", ())
    return names if isinstance(names, list | tuple) else ()


def command_of(
    folders: Iterable[str | Path],
    out: str | Path | None,
    title: str | None,
    countries: Sequence[str],
    outcomes: Sequence[str],
    drawn: bool,
) -> list[str]:
    """The command line that makes a report."""
    words = ["multivector", "report", *map(str, folders)]
    for option, values in (
        ("--out", [] if out is None else [str(out)]),
        ("--title", [] if title is None else [title]),
        ("--country", list(countries)),
        ("--outcome", list(outcomes)),
    ):
        words += [option, *values] if values else []
    return words if drawn else [*words, "--no-pictures"]
