"""Letters that the pictures' font lacks are told in one line a command."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest

from sim.case.scaffold import Actor, scaffold
from sim.cli.letters import told_once
from sim.cli.main import main
from tests.case.filling import fill


def test_names_that_the_font_cannot_draw_are_told_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    countries = [Actor("CHN", "中华人民共和国"), Actor("GEO", "საქართველო")]
    fill(scaffold("far", countries, [Actor("NOR", "North")], as_of="2022Q4")[0])
    batch = ["batch", "far_baseline", "-n", "5", "--jobs", "1", "--out", "out", "--no-pictures"]
    assert main(batch) == 0
    capsys.readouterr()
    words = ["plot", "out", "--figure", "fan", "alignment", "--outcome", "autonomy"]
    assert main(words) == 0
    assert capsys.readouterr().err == (
        "multivector: note: the pictures' font lacks 中 华 人 民 共 和 国, which are drawn as "
        "boxes; write the names with other letters\n"
    )
    assert main([*words, "--country", "GEO"]) == 0
    assert capsys.readouterr().err == ""


def test_of_many_letters_a_few_are_named_and_other_warnings_pass(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def draw() -> None:
        with told_once():
            for letter in "abcdefghij\n":
                text = f"Glyph {ord(letter)} (X) missing from font(s) DejaVu Sans."
                warnings.warn(text, stacklevel=1)
            warnings.warn("something else", stacklevel=1)

    with pytest.warns(UserWarning, match="something else"):
        draw()
    told = capsys.readouterr().err
    assert "lacks a b c d e f g h and 3 more letters, which" in told
    assert told.count("\n") == 1
