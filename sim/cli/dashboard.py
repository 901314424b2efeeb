"""The command `dashboard`: a page in the browser where settings are moved and runs played."""

from __future__ import annotations

import sys
from argparse import Namespace
from importlib import import_module

from sim.cli.parsing import Parser, cores, whole_number
from sim.core.errors import missing_package

_NEEDED = {"dash": "Dash", "waitress": "Waitress"}  # by module, as they are called
_DESIGN = "dashboard"  # where the sliders come from unless the user says otherwise


def add(top: Parser) -> None:
    """Add the command to the parser."""
    parser = top.command(
        "dashboard", "move the settings of a scenario in the browser and see what follows"
    )
    parser.add_argument(
        "scenario",
        metavar="SCENARIO",
        nargs="?",
        default="baseline",
        help="name or path; others can be chosen on the page; default: baseline",
    )
    parser.add_argument(
        "--design",
        metavar="FILE",
        default=_DESIGN,
        help="name or path of a design whose factors become sliders, beside the events of the "
        f"scenario; default: {_DESIGN}; none: events alone",
    )
    parser.add_argument(
        "--runs",
        type=whole_number,
        metavar="N",
        help="runs at first; default: what the scenario says, at most 1000",
    )
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        help="address to listen on; default: 127.0.0.1, which only this machine can reach",
    )
    parser.add_argument(
        "--port", type=whole_number, default=8050, metavar="N", help="default: 8050; 0: a free one"
    )
    parser.add_argument(
        "--jobs",
        type=whole_number,
        metavar="N",
        help="worker processes; default: a core each",
    )
    parser.add_argument("--no-browser", action="store_true", help="do not open a browser")
    parser.set_defaults(act=run, parser=parser)


def run(given: Namespace) -> int:
    """Serve the page until Ctrl-C."""
    for module, package in _NEEDED.items():
        try:
            import_module(module)
        except ImportError:
            raise missing_package("the dashboard", package, "dashboard") from None
    from sim.experiment.design import load_design
    from sim.experiment.live import Live
    from sim.report.dashboard.app import Application, dash_app
    from sim.report.dashboard.serve import Server, is_loopback

    design = None if given.design == "none" else load_design(given.design)
    with Live(jobs=given.jobs if given.jobs is not None else cores()) as live:
        application = Application(live, given.scenario, design, given.runs)
        with Server(dash_app(application).server, given.host, given.port) as server:
            application.desk.show(application.first)  # so that the first page has not to wait
            if not is_loopback(given.host):
                print(
                    f"multivector: warning: {given.host} can be reached from other machines; "
                    "whoever can reach it can use this dashboard",
                    file=sys.stderr,
                )
            print(f"Dashboard at {server.address} (Ctrl-C ends it)", flush=True)
            if not given.no_browser:
                import webbrowser

                webbrowser.open(server.address)
            server.serve()
    print("Dashboard ended.")
    return 0
