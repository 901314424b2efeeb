"""Mesa's face on every line of Mesa whose Python is at hand: ``python benchmarks/mesa_lines.py``.

Makes an environment for each line below a folder, runs a user's script and the tests of memory,
copies and a user's own agents there with warnings as errors, and compares what the script prints
with what is stored, to the last bit. A line whose Python is missing is said to be left out; one
that fails or differs makes the exit code 1.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.mesa_model.stored import differing  # noqa: E402

TESTS = ROOT / "tests" / "mesa_model"
SCRIPT, STORED = TESTS / "outside_script.py", TESTS / "outside_script.json"
TRIED = ("test_copies_and_memory.py", "test_own_agents.py")
LINES = (("3.11", "mesa[network]==3.3.1"), ("3.12", "mesa[network]>=3.4,<4"))
LINES += (("3.13", "mesa[network]>=4.0.0a0,<5"),)
NEEDED = ("numpy", "scipy", "pandas", "pyarrow", "pydantic", "matplotlib", "pytest")


def python(version: str) -> str | None:
    """The interpreter of a version of Python, by name on the path or from pyenv."""
    if sys.version_info[:2] == tuple(map(int, version.split("."))):
        return sys.executable
    found = shutil.which(f"python{version}")
    if (
        found
        and subprocess.run([found, "-c", ""], capture_output=True, check=False).returncode == 0
    ):
        return found
    shelves = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    known = sorted(shelves.glob(f"{version}.*/bin/python"))
    return str(known[-1]) if known else None


def environment(folder: Path, interpreter: str, mesa: str) -> Path:
    """The interpreter of an environment with that Mesa, made if it is not there."""
    own = folder / "bin" / "python"
    if not own.exists():
        subprocess.run([interpreter, "-m", "venv", folder], check=True)
    subprocess.run([own, "-m", "pip", "install", "--quiet", *NEEDED, mesa], check=True)
    return own


def numbers(own: Path) -> dict[str, Any]:
    """What the script prints, warnings being errors."""
    done = subprocess.run(
        [own, "-W", "error", SCRIPT],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def tests(own: Path) -> bool:
    """Do the tests that each line is tried on pass, warnings being errors."""
    command = [own, "-W", "error", "-m", "pytest", "-W", "error", "-o", "addopts=-q"]
    command += ["-p", "no:cacheprovider", *(str(TESTS / name) for name in TRIED)]
    return subprocess.run(command, cwd=ROOT, check=False).returncode == 0


def main() -> int:
    """Run all lines; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=ROOT / ".venv" / "mesa")
    given = parser.parse_args()
    stored = json.loads(STORED.read_text("utf-8"))
    good = True
    for version, mesa in LINES:
        interpreter = python(version)
        if interpreter is None:
            print(f"{mesa}: left out, there is no Python {version} here", flush=True)
            continue
        own = environment(given.folder / version, interpreter, mesa)
        passed = tests(own)
        found = numbers(own)
        name = f"Mesa {found.pop('mesa')} on Python {version}"
        amiss = differing(found, stored)
        good &= passed and not amiss
        exactly = found["functions"] == stored["functions"]
        alike = "those stored, " + ("to the last bit" if exactly else "but for rounding")
        print(
            f"{name}: tests {'pass' if passed else 'FAIL'}; the script's numbers are "
            f"{'NOT those stored: ' + ', '.join(amiss) if amiss else alike}",
            flush=True,
        )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
