"""`workbench draft`: recorded answers of an API that nobody has mapped yet -> a draft of its mapping."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from workbench.cli.answers import read_named_answers
from workbench.cli.output import Output
from workbench.cli.parser import Parser
from workbench.mapping import dump
from workbench.suggest import Draft
from workbench.suggest import draft as propose

_EPILOG = """\
Examples:
  workbench draft orders.json
  workbench draft search=orders.json 'parcels[A-1]=parcels.json'
  workbench draft page1.xml page2.xml --asked-email jane@example.com -o shop/draft.yaml
  curl -s https://... | workbench draft - --asked-number A-1001 -o draft.yaml"""


def draft_arguments(parser: Parser) -> None:
    """The arguments of `workbench draft`."""
    parser.description = """\
Proposes a whole mapping from recorded answers alone, without a network: where orders, lines and addresses stand, which
field is read from where, and how sure that is. What is not sure stays out of the draft and is listed. Prints a table;
with -o the draft is written as well. Each RESPONSE is an answer of the same operation; - is stdin. Where several calls
tell of an order, CALL=RESPONSE says whose answer it is, and CALL[KEY]=RESPONSE that of one order, by its number or id.

An answer without orders that holds what a carrier says of parcels, or refunds, is drafted as that.

Exit: 0 orders, tracking answers or refunds were found; 1 none; 2 wrong use."""
    parser.epilog = _EPILOG
    parser.add_argument("responses", metavar="[CALL=]RESPONSE", nargs="+", help="recorded answers of one operation")
    parser.add_argument("--asked-email", metavar="E", help="the e-mail address the answers were asked for with")
    parser.add_argument("--asked-number", metavar="N", help="the order number they were asked for with")
    parser.add_argument("--content-type", metavar="T", help="the answers' content type; unsaid, the content tells")
    parser.add_argument(
        "--mappings", metavar="DIR", action="append", default=[], help="earlier mappings to compare with"
    )
    parser.add_argument("-o", "--output", metavar="FILE", help="where the draft is written, in place of what is there")
    parser.add_json()


def draft(arguments: Namespace, output: Output) -> int:
    """Proposes a mapping."""
    answers = read_named_answers(arguments.responses)
    asked = {"email": arguments.asked_email or "", "number": arguments.asked_number or ""}
    target = Path(arguments.output) if arguments.output else None
    merchant = (target.parent.name if target is not None else "") or "draft"
    found = propose(answers, arguments.content_type, asked, folders=arguments.mappings, merchant=_as_name(merchant))
    text = dump(found.mapping)
    if output.as_json:
        output.data(_as_data(found))
    else:
        _tell(found, output)
    if not found.sure:
        return 1
    if target is not None:
        target.write_text(text, encoding="utf-8")
        if not output.as_json:
            output.line(f"written to {target}")
    elif not output.as_json:
        output.line()
        output.raw(text)
    return 0


def _as_name(folder: str) -> str:
    """A merchant's name as mapping files allow it."""
    plain = "".join(sign if sign.isascii() and sign.isalnum() else "-" for sign in folder.lower()).strip("-")
    return plain or "draft"


def _tell(found: Draft, output: Output) -> None:
    output.line(found.summary)
    rows = [
        (field, f"{each.score:.2f}", each.path, "; ".join(each.values[:2]), ", ".join(each.reasons))
        for field, each in found.sure.items()
    ]
    if rows:
        output.table(("field", "sure", "path", "values", "because"), rows)
    left = []
    for field, why in found.unsure.items():
        first = found.candidates(field)[:1]
        left.append((field, why, first[0].path if first else "", "; ".join(first[0].values[:2]) if first else ""))
    if left:
        output.table(("left out", "why", "first candidate", "values"), left)
    for one in found.expectations:
        output.line(f"expected: {one.text}")
    for each in found.known[:3]:
        output.line(
            f"like {each.merchant}: {each.found} of {each.of} places of {each.operation} are here - see {each.file}"
        )


def _as_data(found: Draft) -> dict[str, object]:
    return {
        "summary": found.summary,
        "record": found.record,
        "mapping": found.mapping,
        "sure": [
            {"field": field, "score": each.score, "path": each.path, "rule": each.rule, "reasons": list(each.reasons)}
            for field, each in found.sure.items()
        ],
        "unsure": found.unsure,
        "known": [each._asdict() for each in found.known],
    }
