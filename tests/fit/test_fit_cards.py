"""Fits and hindcasts show themselves in a notebook."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import numpy as np

from sim.case.posterior import Posterior
from sim.fit.fit import Fit
from sim.fit.hindcast import Hindcast

LEVELS = [f"{when}_{level}" for when in ("prior", "posterior") for level in ("q05", "q50", "q95")]
PARAMETERS = f"""parameter,sd_ratio,verdict,{",".join(LEVELS)}
fear_push,0.9,not moved,0.3,3.0,5.7,0.4,3.1,5.6
deal_rate,0.4,moved,0.17,0.8,1.43,0.68,1.24,1.48
"""
TARGETS = """moment,observed,q05,q95
one,0.5,0.0,1.0
two,1.5,0.0,1.0
"""
SKILL = """family,against,skill,low,high,series,figures,origins
all,persistence,0.137,0.08,0.194,81,256,2018
all,persistence,-0.05,-0.1,0.01,81,1002,all
all,noise_off,0.2,0.1,0.3,81,256,2018
votes,persistence,0.9,0.8,1.0,81,256,2018
"""
COVERAGE = """family,inside_80,figures,origins
all,0.8477,256,2018
"""


def test_a_fit_shows_what_the_record_taught(tmp_path: Path) -> None:
    (tmp_path / "parameters.csv").write_text(PARAMETERS, encoding="utf-8")
    (tmp_path / "targets.csv").write_text(TARGETS, encoding="utf-8")
    about = {
        "case": {"name": "<toy>"},
        "settings": {"until": 2022, "base": "2014Q4", "seed": 3},
        "free": ["fear_push", "deal_rate"],
        "targets": 2,
    }
    fit = Fit(tmp_path, Posterior(("fear_push", "deal_rate"), np.ones((7, 2)), {}), about)
    markup = fit._repr_html_()
    text = unescape(re.sub("<.*?>", " ", markup))
    assert "cannot be shown" not in text
    assert "<toy>" in text
    assert "7 draws of 2 parameters, of which 2 were fitted to 2 moments" in text
    assert "1 moved, 1 not moved" in text or "1 not moved, 1 moved" in text
    assert text.index("deal rate") < text.index("fear push")  # narrowed most
    assert "0.17 to 1.43" in text
    assert "1.24" in text
    assert "1 of 2 observed moments" in text
    assert repr(fit) == f"Fit({str(tmp_path)!r}: 7 draws)"
    (tmp_path / "targets.csv").unlink()
    assert "Part of this cannot be shown" in fit._repr_html_()


def test_a_hindcast_shows_skill_against_simple_forecasts(tmp_path: Path) -> None:
    (tmp_path / "skill.csv").write_text(SKILL, encoding="utf-8")
    (tmp_path / "coverage.csv").write_text(COVERAGE, encoding="utf-8")
    plan = {"origins": [2018, 2014], "last": 2022, "runs": 1000, "seed": 1}
    hindcast = Hindcast(tmp_path, {"case": {"name": "toy"}, "plan": plan})
    text = unescape(re.sub("<.*?>", " ", hindcast._repr_html_()))
    assert "cannot be shown" not in text
    assert "From the ends of 2018, 2014" in text
    assert re.search(r"persistence\s+0\.14\s+0\.08 to 0\.19\s+-0\.05\s+-0\.10 to 0\.01", text)
    assert "noise off" not in text  # a variant of the model, no simple forecast
    assert "85% of 256 figures" in text
    assert repr(hindcast) == f"Hindcast({str(tmp_path)!r})"
