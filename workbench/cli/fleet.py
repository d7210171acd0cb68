"""`workbench fleet`: the same for many merchants."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path

from workbench.cli.output import Output
from workbench.cli.parser import Parser, WrongUse
from workbench.cli.places import merchant_folder, merchants
from workbench.errors import MappingError, WorkbenchError
from workbench.verify import BREAKING, LIVE, REPLAY, Report, verify


def fleet_arguments(parser: Parser) -> None:
    """The arguments of `workbench fleet`."""
    parser.description = """\
Verifies the released version of many merchants: whether it still fits their samples, or with --live what their APIs
answer today. A new field is harmless; one that is gone, another type or an unknown word breaks the field that it hits.

Exit: 0 all fit; 1 at least one is broken or could not be verified; 2 wrong use."""
    parser.add_argument("action", metavar="verify", choices=["verify"], help="what to do with each merchant")
    parser.add_argument("merchants", metavar="MERCHANT", nargs="*", help="which; all unless given")
    parser.add_argument("--live", action="store_true", help="look the probe's orders up, instead of the samples")
    parser.add_argument("--reports", metavar="FOLDER", help="write an HTML page for each merchant")
    parser.add_environment()
    parser.add_json()


def fleet(arguments: Namespace, output: Output) -> int:
    """Verifies many merchants."""
    chosen = [merchant_folder(name) for name in arguments.merchants] or merchants()
    if not chosen:
        raise WrongUse("no merchants", "name some, or set WORKBENCH_MAPPINGS")
    reports = Path(arguments.reports) if arguments.reports else None
    if reports:
        reports.mkdir(parents=True, exist_ok=True)
    rows = []
    told = []
    for number, folder in enumerate(chosen, 1):
        _progress(number, len(chosen), folder.name)
        try:
            report = verify(folder.path, mode=LIVE if arguments.live else REPLAY, environment=arguments.environment)
        except WorkbenchError as error:
            first = error.problems[0].text if isinstance(error, MappingError) and error.problems else str(error)
            rows.append((folder.name, "", "failed", "", first.splitlines()[0]))
            told.append({"merchant": folder.name, "ok": False, "error": str(error)})
            continue
        told.append(report.to_dict())
        rows.append(_row(report))
        if reports:
            (reports / f"{folder.name}.html").write_text(report.html(), encoding="utf-8")
    _progress(0, 0, "")
    if output.as_json:
        output.data(told)
    else:
        output.table(("merchant", "version", "state", "orders", "first finding"), rows)
    return 0 if all(one["ok"] for one in told) else 1


def _row(report: Report) -> tuple[str, str, str, str, str]:
    first = next((one.text for one in report.findings if one.kind == BREAKING), "")
    return report.merchant, report.version, "ok" if report.ok else "failed", str(report.orders), first


def _progress(number: int, total: int, name: str) -> None:
    """A bar on a terminal; nothing in a pipe."""
    if not sys.stderr.isatty():
        return
    if not total:
        sys.stderr.write("\r\x1b[K")
        return
    done = 24 * (number - 1) // total
    sys.stderr.write(f"\r\x1b[K[{'#' * done}{'.' * (24 - done)}] {number}/{total} {name}")
    sys.stderr.flush()
