"""The public interface: as listed, documented, typed, and imported only when it is asked for."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import sim
from tests.docs.pages import PAGES, blocks, name_of
from tests.library.public_names import ROOT, lines, modules

STORED = Path(__file__).with_name("public_names.txt")
ADVICE = """the public interface has changed. If that is meant, say it in CHANGELOG.md (what goes
or is renamed stays for a while, see docs/api.md), and store the list anew:
    python -m tests.library.public_names > tests/library/public_names.txt"""
HEAVY = ("numpy", "pandas", "scipy", "mesa", "matplotlib", "pyarrow", "pydantic", "networkx")


def test_names_and_signatures_are_those_of_the_list() -> None:
    stored, now = STORED.read_text(encoding="utf-8").splitlines(), lines()
    changes = [f"- {line}" for line in stored if line not in now]
    changes += [f"+ {line}" for line in now if line not in stored]
    assert not changes, "\n".join([ADVICE, *changes])
    assert stored == now


def test_the_page_tells_of_every_name() -> None:
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    table = page[page.index("| name |") : page.index("Beside these")]
    assert [name for name in sim.__all__ if f"`{name}`" not in table] == []
    assert len(modules()) > 10


def test_the_pages_import_what_is_public_only() -> None:
    public = [
        id(getattr(import_module(home), name))
        for home, names in modules().items()
        for name in names
    ]
    imports = [
        (name_of(page), node.module, alias.name)
        for page in PAGES
        for block in blocks(page)
        if block.language == "python"
        for node in ast.walk(ast.parse(block.text))
        if isinstance(node, ast.ImportFrom) and str(node.module).split(".")[0] == "sim"
        for alias in node.names
        if not alias.name.isupper()  # tables of the model, as `DRIVERS`, are there to be read
    ]
    assert len(imports) > 20
    private = [
        one for one in imports if id(getattr(import_module(str(one[1])), one[2])) not in public
    ]
    assert private == []


def test_every_public_function_says_its_types_and_what_it_does() -> None:
    for module, names in modules().items():
        for name in names:
            thing = getattr(import_module(module), name)
            assert inspect.getdoc(thing), (module, name)
            if inspect.isfunction(thing):
                signature = inspect.signature(thing)
                given = [signature.return_annotation]
                given += [one.annotation for one in signature.parameters.values()]
                assert inspect.Signature.empty not in given, (module, name)


def test_type_checkers_and_python_see_the_same_names() -> None:
    tree = ast.parse(Path(sim.__file__).read_text(encoding="utf-8"))
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    seen = {
        alias.name: node.module
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert seen == sim._HOMES
    assert sorted(seen) == sim.__all__
    assert {*sim.__all__, "__version__"} <= {*dir(sim)}
    assert not {"Any", "TYPE_CHECKING", "annotations"} & {*dir(sim)}  # nothing of its own making
    with pytest.raises(AttributeError, match="module 'sim' has no attribute 'nosuch'"):
        _ = sim.nosuch


@pytest.mark.parametrize(
    "code",
    ["import sim", "import sim; sim.InputError", "from sim.cli.main import parser; parser()"],
)
def test_what_is_not_asked_for_is_not_imported(code: str) -> None:
    code += f"; import sys; print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert done.stdout == "[]\n"
