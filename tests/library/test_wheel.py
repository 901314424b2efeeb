"""The built package: what is in it, and that it works where there is no checkout."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
import zipfile
from email import message_from_string
from pathlib import Path

import sim
from tests.library.conftest import ROOT, Installed

MOST = 5_000_000  # bytes of a wheel


def test_the_wheel_holds_the_package_with_its_cases_and_nothing_else(installed: Installed) -> None:
    names = zipfile.ZipFile(installed.wheel).namelist()
    info = f"multivector-{sim.__version__}.dist-info"
    assert {name.split("/")[0] for name in names} == {"sim", info}
    inside = {name for name in names if name.startswith("sim/")}
    written = subprocess.run(
        ["git", "ls-files", "sim", "calibration", "scenarios"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split("\n")[:-1]
    expected = {name if name.startswith("sim/") else f"sim/_data/{name}" for name in written}
    assert expected - inside == {name for name in expected if not exists(name)}
    assert "sim/py.typed" in inside
    assert not [name for name in names if "test" in name or "__pycache__" in name]
    assert installed.wheel.stat().st_size < MOST


def exists(name: str) -> bool:
    """Whether a file that is under version control is still there."""
    return (ROOT / name.removeprefix("sim/_data/")).exists()


def test_the_version_is_the_same_everywhere(installed: Installed) -> None:
    (home,) = installed.home.glob("*.dist-info")
    about = message_from_string((home / "METADATA").read_text(encoding="utf-8"))
    assert about["Version"] == sim.__version__
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {sim.__version__}\n" in citation


def test_the_changelog_keeps_its_form() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    first, *others = re.findall(r"^## (.*)$", text, re.MULTILINE)
    numbered = [first, *others] if first != "[Unreleased]" else others
    found = [re.fullmatch(r"\[(\d+)\.(\d+)\.(\d+)\] - \d{4}-\d\d-\d\d", one) for one in numbered]
    assert None not in found, numbered
    versions = [tuple(map(int, one.groups())) for one in found if one is not None]
    assert versions == sorted(set(versions), reverse=True)
    ours = tuple(int(part) for part in sim.__version__.split("."))
    assert versions[0] == ours or (first == "[Unreleased]" and versions[0] < ours)
    kinds = set(re.findall(r"^### (.*)$", text, re.MULTILINE))
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_a_source_archive_leaves_pictures_out(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (archive,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        names = {name.split("/", 1)[1] for name in opened.getnames()}
    assert {"pyproject.toml", "README.md", "LICENSE", "sim/py.typed"} <= names
    assert {"calibration/central_asia/case.toml", "scenarios/baseline.toml"} <= names
    assert not [name for name in names if name.startswith(("docs/pictures", "results"))]


def test_it_works_outside_the_checkout(installed: Installed, tmp_path: Path) -> None:
    where = installed.python("-c", "import sim; print(sim.__file__)", folder=tmp_path)
    assert Path(where.stdout.strip()) == installed.home / "sim" / "__init__.py"
    listed = installed.python("-m", "sim.cli.main", "scenarios", "list", folder=tmp_path)
    assert listed.returncode == 0, listed.stderr
    assert {"cpc_closure", "southeast_asia"} <= set(listed.stdout.split())
    for words in (["KAZ"], ["VNM", "--case", "southeast_asia"]):
        shown = installed.python("-m", "sim.cli.main", "case", "show", *words, folder=tmp_path)
        assert shown.returncode == 0, shown.stderr
    (tmp_path / "mine.toml").write_text(
        'title = "Mine"\nquestion = "Is it found?"\nextends = "cpc_closure"\n', encoding="utf-8"
    )
    code = (
        "import sim\n"
        "result = sim.batch(['baseline', 'mine.toml'], runs=3, seed=1)\n"
        "print(result.folder, len(result.runs(['autonomy.KAZ'])))"
    )
    run = installed.python("-c", code, folder=tmp_path)
    assert run.returncode == 0, run.stderr
    assert run.stdout.split() == [os.path.join("results", "baseline-mine-3"), "6"]
    assert (tmp_path / "results" / "baseline-mine-3" / "manifest.json").is_file()
    swept = installed.python(
        "-m", "sim.cli.main", "sweep", "hedging_space", "--rows", "4", "--check", folder=tmp_path
    )
    assert swept.returncode == 0, swept.stderr


def test_what_is_not_found_is_told_with_the_places(installed: Installed, tmp_path: Path) -> None:
    data = installed.home / "sim" / "_data"
    for code, place in (
        ("sim.load_case('nowhere')", data / "calibration"),
        ("sim.load_scenario('nowhere')", data / "scenarios"),
        ("sim.sweep('nowhere')", data / "scenarios" / "designs"),
    ):
        failed = installed.python("-c", f"import sim; {code}", folder=tmp_path)
        assert failed.returncode == 1
        said = failed.stderr.splitlines()[-1]
        assert "InputError: " in said
        assert str(place) in said, said
