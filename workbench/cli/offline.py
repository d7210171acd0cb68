"""`workbench run` and `workbench explain`: recorded responses through a mapping."""

from __future__ import annotations

from argparse import Namespace

from workbench.cli.answers import read_answers, read_inputs
from workbench.cli.orders import tell_result
from workbench.cli.output import Output
from workbench.cli.parser import Parser, WrongUse, did_you_mean
from workbench.cli.places import load_mapping
from workbench.orders import FOUND
from workbench.runtime import Mapping

_RESPONSES = """\
Responses:
  FILE             answers the operation's first call; - is stdin
  CALL=FILE        answers that call; given again, it is the next page
  CALL[KEY]=FILE   answers a call made for each order: the order whose {@...} of the call's URL, or number, is KEY

Examples:
  workbench run mappings/northwind search.json --operation find_orders_by_email
  workbench run northwind search=p1.json search=p2.json 'parcels[A-1]=a1.json' --input email=jane@example.com --json
  curl -s https://... | workbench run draft.yaml - --content-type application/json
"""


def _offline_arguments(parser: Parser) -> None:
    parser.add_argument("--operation", metavar="OP", help="which operation, where the inputs do not tell")
    parser.add_argument(
        "--input", metavar="NAME=V", action="append", default=[], help="what was asked for, such as email=E"
    )
    parser.add_argument("--content-type", metavar="T", help="the responses' content type; unsaid, the content tells")
    parser.add_json()


def run_arguments(parser: Parser) -> None:
    """The arguments of `workbench run`."""
    parser.description = """\
Replays recorded responses through a mapping, without a network. Prints the orders and the problems; with --json
{"orders": [...], "problems": [...], "outcome": "found" | "none" | "withheld" | "failed"}.

Exit: 0 orders came out; 1 none did, or --strict and problems; 2 wrong use or a bad mapping file."""
    parser.epilog = _RESPONSES
    parser.add_argument(
        "mapping", metavar="MAPPING", help="a mapping file, or a merchant's folder: its released version"
    )
    parser.add_argument("responses", metavar="RESPONSE", nargs="+", help="recorded responses; see below")
    parser.add_argument("--strict", action="store_true", help="exit 1 when there are problems")
    _offline_arguments(parser)


def run(arguments: Namespace, output: Output) -> int:
    """Maps recorded responses."""
    mapping = load_mapping(arguments.mapping)
    operation, inputs = chosen(mapping, arguments)
    answers = read_answers(arguments.responses, mapping.plan.operations[operation])
    result = mapping.map(answers, operation=operation, inputs=inputs, content_type=arguments.content_type)
    tell_result(output, result)
    return 1 if result.outcome != FOUND or (arguments.strict and result.problems) else 0


def chosen(mapping: Mapping, arguments: Namespace) -> tuple[str, dict[str, str]]:
    """The operation's name and the inputs that a command line says.

    Raises:
        WrongUse: No such operation or input.
    """
    operations = mapping.plan.operations
    if arguments.operation is not None and arguments.operation not in operations:
        how = did_you_mean(arguments.operation, operations) or f"this mapping has {', '.join(operations)}"
        raise WrongUse(f"no operation {arguments.operation!r}", how)
    names = [arguments.operation] if arguments.operation else list(operations)
    inputs = read_inputs(arguments.input, [known for name in names for known in operations[name].inputs])
    return mapping.operation(arguments.operation, inputs).name, inputs


def explain_arguments(parser: Parser) -> None:
    """The arguments of `workbench explain`."""
    parser.description = """\
Tells step by step how a field came to its value, or to nothing: the nodes each path found, where it stopped, and which
keys stand there instead. Shows paths and types, never a customer's value.

Takes recorded responses as `workbench run` does; or asks the merchant, with --email or --number."""
    parser.epilog = _RESPONSES.replace("workbench run", "workbench explain --field status")
    parser.add_argument("mapping", metavar="MERCHANT", help="a merchant, or a mapping file")
    parser.add_argument("responses", metavar="RESPONSE", nargs="*", help="recorded responses; see below")
    parser.add_argument("--field", metavar="F", required=True, help="a business field, such as status or lines.sku")
    parser.add_question(
        "ask the merchant for the orders of this customer", "ask the merchant for this order", required=False
    )
    _offline_arguments(parser)
    parser.add_environment()


def explain(arguments: Namespace, output: Output) -> int:
    """Explains a field."""
    asked = arguments.email is not None or arguments.number is not None
    if asked == bool(arguments.responses):
        how = "give recorded responses, or ask the merchant with --email or --number"
        raise WrongUse("both responses and a question" if asked else "nothing to explain it on", how)
    if asked:
        from workbench.cli.live import ask_and_explain

        explained = ask_and_explain(arguments)
    else:
        mapping = load_mapping(arguments.mapping)
        operation, inputs = chosen(mapping, arguments)
        answers = read_answers(arguments.responses, mapping.plan.operations[operation])
        explained = mapping.explain(
            answers, arguments.field, operation=operation, inputs=inputs, content_type=arguments.content_type
        )
    if output.as_json:
        output.data({"explanations": [one.to_dict() for one in explained]})
    for one in [] if output.as_json else explained:
        output.line(f"{one.where}: {one.outcome}")
        output.line(f"  rule: {one.rule}{f' ({one.note})' if one.note else ''}")
        for step in one.steps:
            output.line(f"  {step.text}")
    return 0
