"""The page before anything is played: headings, empty pictures of their final size, buttons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import dcc, html

from sim.report.dashboard.view import Row, View

CHARTS = {
    "fan": "By quarter",
    "difference": "Difference from the baseline",
    "distribution": "At the end",
    "ternary": "Alignment between blocs",
    "timeline": "Threats and deals a year",
}
HEADINGS = (
    "Outcome",
    "Median",
    "90 % of runs",
    "Baseline median",
    "Mean difference (± standard error)",
    "Runs above baseline",
)
EMPTY = {
    "data": [],
    "layout": {"xaxis": {"visible": False}, "yaxis": {"visible": False}, "margin": {"t": 0}},
}
FAVICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E"
    "%3Crect width='32' height='32' rx='6' fill='%230072B2'/%3E%3Cpath d='M7 24 16 8l9 16z' "
    "fill='none' stroke='white' stroke-width='3'/%3E%3C/svg%3E"
)
INDEX = f"""<!DOCTYPE html>
<html lang="en">
  <head>
    {{%metas%}}
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>{{%title%}}</title>
    <link rel="icon" href="{FAVICON}">
    {{%css%}}
  </head>
  <body>
    {{%app_entry%}}
    <footer>
      {{%config%}}
      {{%scripts%}}
      {{%renderer%}}
    </footer>
  </body>
</html>"""
CAVEAT = (
    "Shares of runs describe this model under these settings; they are no forecast and no "
    "probability of an event. The spread over runs comes from chance and from uncertain "
    "parameters, not from what the model leaves out. A difference with a small standard error is "
    "exact about the model, not about the world. Where a control fixes a value, its uncertainty is "
    "taken out of the spread."
)
GUIDE = "docs/dashboard.md, docs/model.md and docs/validation.md of the project say more."


def page() -> Any:
    """All of the page."""
    return html.Div(
        [
            dcc.Location(id="url", refresh=False),
            dcc.Store(id="asked"),
            dcc.Store(id="query", data=""),
            dcc.Store(id="answer"),
            dcc.Store(id="told"),  # that the page has taken in the answer
            dcc.Download(id="download"),
            html.A("Skip to the pictures", href="#pictures", className="skip"),
            html.Header(
                [
                    html.H1("multivector", id="title"),
                    html.P("", id="question", className="question"),
                ]
            ),
            html.Div("", id="message", role="alert", className="message"),
            html.Div(
                [
                    html.Form([html.P("Loading the scenario …")], id="form"),
                    html.Main(
                        [
                            _bar(),
                            _legend(),
                            html.Div([_chart(name) for name in CHARTS], className="charts"),
                            html.Section(
                                [
                                    html.H2("Numbers", id="numbers-title"),
                                    html.Div(
                                        id="numbers", className="scroll", tabIndex=0, role="region",
                                        **{"aria-labelledby": "numbers-title"},
                                    ),
                                ],
                                className="card numbers",
                            ),
                            html.Section(
                                [html.H2("What this does not say"), html.P(CAVEAT), html.P(GUIDE)],
                                className="card caveat",
                            ),
                        ],
                        id="pictures",
                        tabIndex=-1,
                    ),
                ],
                className="columns",
            ),
        ],
        id="page",
    )  # fmt: skip


def _bar() -> Any:
    """What can be done with a state, and how it came about."""
    acts = (
        ("pin", "Pin as baseline"),
        ("unpin", "Compare with this scenario untouched"),
        ("base", "Compare with what it extends"),
        ("reset", "Reset all"),
        ("copy", "Copy link"),
    )
    files = (
        ("toml", "Scenario (TOML)"),
        ("runs", "Runs (CSV)"),
        ("quarters", "By quarter (CSV)"),
    )
    return html.Div(
        [
            html.Div(
                [
                    html.Button(words, type="button", id=f"act-{name}", **{"data-act": name})
                    for name, words in acts
                ],
                className="buttons",
            ),
            html.Div(
                [
                    html.Span("Download: "),
                    *(
                        html.Button(words, type="button", id=f"save-{name}", n_clicks=0)
                        for name, words in files
                    ),
                ],
                className="buttons",
            ),
            html.P(
                [html.Span("", id="status"), html.Span("Computing …", className="busy-sign")],
                role="status", className="status",
            ),
        ],
        className="bar",
    )  # fmt: skip


def _legend() -> Any:
    return html.Div(
        [
            html.Span([html.I(className="swatch line"), "Present setting: median"]),
            html.Span([html.I(className="swatch half"), "50 % of runs"]),
            html.Span([html.I(className="swatch most"), "90 % of runs"]),
            html.Span(
                [
                    html.I(className="swatch dashed"),
                    "Baseline: median; thin dotted lines: 90 % of runs",
                ],
            ),
            html.Span("", id="compared", className="compared"),
        ],
        className="legend",
    )


def _chart(name: str) -> Any:
    words = CHARTS[name]
    return html.Section(
        [
            html.Div(
                [
                    html.H2(words, id=f"{name}-title"),
                    html.Span(
                        [
                            html.Button(
                                form.upper(), type="button", className="small",
                                **{
                                    "data-act": "save", "data-chart": name, "data-format": form,
                                    "aria-label": f"Save this picture as {form.upper()}: {words}",
                                },
                            )
                            for form in ("png", "svg")
                        ],
                        className="saves",
                    ),
                ],
                className="head",
            ),
            html.P("", id=f"{name}-meaning", className="hint meaning"),
            *([html.Div([], id="powers", className="legend")] if name == "timeline" else []),
            html.Div(
                dcc.Graph(
                    id=name, figure=EMPTY, responsive=True,
                    config={"displayModeBar": False, "responsive": True},
                    style={"height": "100%"},
                ),
                role="img", className=f"plot {name}",
                **{"aria-labelledby": f"{name}-title", "aria-describedby": f"{name}-says"},
            ),
            html.P("", id=f"{name}-says", className="says"),
        ],
        className=f"card chart-{name}",
    )  # fmt: skip


def powers(view: View) -> list[Any]:
    """The colours of the powers."""
    swatches = [
        html.Span([html.I(className="swatch", style={"background": one["colour"]}), one["name"]])
        for one in view.actors
    ]
    dashes = html.Span([html.I(className="swatch mark"), "Baseline, all powers"])
    return swatches if view.baseline is None else [*swatches, dashes]


def table(view: View, rows: Sequence[Row], horizon: str) -> Any:
    """The table of numbers."""
    country, power = view.name("country"), view.name("power")
    body = [
        html.Tr(
            [
                html.Th([row.words, html.Span(f" [{row.unit}]", className="unit")], scope="row"),
                *(
                    html.Td(cell, **{"data-head": head})
                    for head, cell in zip(HEADINGS[1:], view.cells(row), strict=True)
                ),
            ],
            **{"data-outcome": row.column},
        )
        for row in rows
    ]
    return html.Table(
        [
            html.Caption(
                f"{country}, with {power} where a power is named; last quarter of {horizon}. "
                "Difference: mean over runs of the run's difference from the same run of the "
                "baseline, with its Monte-Carlo standard error."
            ),
            html.Thead(html.Tr([html.Th(words, scope="col") for words in HEADINGS])),
            html.Tbody(body),
        ]
    )
