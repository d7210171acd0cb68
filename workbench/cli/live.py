"""`workbench find` and `workbench doctor`: the commands that call the merchant."""

from __future__ import annotations

import contextlib
from argparse import Namespace
from collections.abc import Iterable
from typing import Any

from workbench.calls import Exchange
from workbench.cli.orders import tell_result
from workbench.cli.output import Output
from workbench.cli.parser import Parser, WrongUse
from workbench.cli.places import mapping_place
from workbench.decode import decode
from workbench.documents import Pages, PerOrder
from workbench.errors import DecodeError
from workbench.execute.explain import Explanation
from workbench.orders import FOUND, Result
from workbench.plan import Call
from workbench.runtime import load

OPERATIONS = {"email": "find_orders_by_email", "number": "find_order_by_number"}


def find_arguments(parser: Parser) -> None:
    """The arguments of `workbench find`."""
    parser.description = """\
Finds orders at the merchant, with the released version. Secrets come from the environment or the file that
$WORKBENCH_ENV_FILE names (default: .env). Only orders that carry what was asked for are given out.

Exit: 0 orders were found; 1 none were, or the merchant's API could not be read; 2 wrong use, missing secrets."""
    parser.add_argument("merchant", metavar="MERCHANT", help="a merchant, or a mapping file")
    parser.add_question("the customer's e-mail", "the order's number", required=True)
    parser.add_environment()
    parser.add_json()


def find(arguments: Namespace, output: Output) -> int:
    """Finds orders live."""
    from workbench.merchant import open_merchant, single

    name, value = asked(arguments)
    with open_merchant(mapping_place(arguments.merchant), environment=arguments.environment) as merchant:
        result: Result = merchant.lookup(OPERATIONS[name], **{name: value})
    if name == "number" and result.outcome == FOUND:
        single(result)  # several orders of one number: Ambiguous
    tell_result(output, result)
    return 0 if result.outcome == FOUND else 1


def asked(arguments: Namespace) -> tuple[str, str]:
    """The input that the command line gives, `email` or `number`, and its value.

    Raises:
        WrongUse: It is blank.
    """
    name = "email" if arguments.email is not None else "number"
    value: str = getattr(arguments, name)
    if not value.strip():
        raise WrongUse(f"--{name} is blank", "say what to look for")
    return name, value


def ask_and_explain(arguments: Namespace) -> list[Explanation]:
    """Asks the merchant and explains a field on what it answered."""
    from workbench.merchant import open_merchant

    name, value = asked(arguments)
    operation, inputs = OPERATIONS[name], {name: value}
    place = mapping_place(arguments.mapping)
    exchanges: list[Exchange] = []
    with open_merchant(place, environment=arguments.environment, on_exchange=exchanges.append) as merchant:
        merchant.lookup(operation, **inputs)
    mapping = load(place)
    answers: dict[str, Any] = {}
    for call in mapping.plan.operations[operation].calls:
        own = [one for one in exchanges if one.request.call == call.name and not one.repeated and not one.request.login]
        keys = dict.fromkeys(one.request.key for one in own)
        if call.for_each or call.over is not None:
            answers[call.name] = PerOrder({key: _pages(call, own, key) for key in keys})
        elif own:
            answers[call.name] = _pages(call, own, "")
    return mapping.explain(answers, arguments.field, operation=operation, inputs=inputs)


def _pages(call: Call, exchanges: Iterable[Exchange], key: str) -> Pages:
    """The documents of a call, of one order where there is a key; answers without any are left out."""
    pages = Pages()
    for exchange in exchanges:
        response = exchange.response
        if response is None or exchange.request.key != key or not 200 <= response.status < 300 or not response.body:
            continue
        with contextlib.suppress(DecodeError):  # the lookup has told, or has made the field unavailable
            document = decode(
                response.body,
                content_type=response.headers.get("content-type"),
                format=call.format,
                delimiter=call.delimiter,
                encoding=call.encoding,
                namespaces=call.namespaces,
            )
            pages.append(document)
    return pages


def doctor_arguments(parser: Parser) -> None:
    """The arguments of `workbench doctor`."""
    parser.description = """\
Looks, step by step, at what a merchant needs to be called: mapping, secrets, the host's name, whether its address is
allowed, TLS, login, and the probe order. Each is ok, or says what to do and whom to call.

Exit: 0 all ok; 1 something is not; 2 wrong use or a bad mapping file."""
    parser.add_argument("merchant", metavar="MERCHANT", help="a merchant, or a mapping file")
    parser.add_environment()
    parser.add_json()


def doctor(arguments: Namespace, output: Output) -> int:
    """Examines a merchant's connection."""
    from workbench.merchant import doctor as examine

    checks = examine(mapping_place(arguments.merchant), environment=arguments.environment)
    rows = [(check.name, "ok" if check.ok else "failed", check.what, check.how) for check in checks]
    if output.as_json:
        told = [{"name": check.name, "ok": check.ok, "what": check.what, "how": check.how} for check in checks]
        output.data({"checks": told})
    else:
        output.table(["check", "", "found", "what to do"], rows)
    failed = [check.name for check in checks if not check.ok]
    return 2 if "mapping" in failed else 1 if failed else 0
