"""`workbench record` and `workbench egress`: samples from the merchant itself, and from where it is called."""

from __future__ import annotations

from argparse import Namespace

from workbench.cli.live import OPERATIONS, asked
from workbench.cli.output import Output
from workbench.cli.parser import Parser
from workbench.cli.places import mapping_place, merchant_folder
from workbench.runtime import load


def record_arguments(parser: Parser) -> None:
    """The arguments of `workbench record`."""
    parser.description = """\
Asks the merchant, with the released version or else the draft, and keeps what it answers as a sample: invented values
stand in the place of a customer's, no secret is kept, and check, the notebook and tests replay it without a network.
Only reads are sent. The folder can be carried elsewhere: the key of the invented values stays here.

Exit: 0 a sample was written; 1 the merchant's API could not be read; 2 wrong use, missing secrets."""
    parser.add_argument("merchant", metavar="MERCHANT", help="a merchant")
    parser.add_question("a customer's e-mail", "an order's number", required=True)
    parser.add_environment()
    parser.add_argument("--name", metavar="NAME", help="the sample's name (default: by-email-1 and so on)")
    parser.add_argument("--note", metavar="TEXT", default="", help="a word for those who read the sample")
    parser.add_json()


def record(arguments: Namespace, output: Output) -> int:
    """Records a sample."""
    from workbench.recording import record_live

    kind, value = asked(arguments)
    folder = merchant_folder(arguments.merchant).path
    taken = record_live(
        folder, OPERATIONS[kind], {kind: value}, arguments.environment, name=arguments.name, note=arguments.note
    )
    rows = [(call, row) for call, each in taken.kept.rows.items() for row in each]
    replaced = [(call, row.place, row.sort) for call, row in rows if row.sort]
    name = taken.kept.sample.name
    if output.as_json:
        output.data(
            {
                "sample": name,
                "outcome": taken.live.outcome,
                "orders": len(taken.live.orders),
                "replays_alike": taken.alike,
                "replaced": [{"call": call, "place": place, "why": why} for call, place, why in replaced],
                "kept": [{"call": call, "place": row.place} for call, row in rows if not row.sort],
                "dropped": list(taken.kept.dropped),
            }
        )
        return 0
    output.table(["call", "replaced", "because it is"], replaced)
    output.line(f"{len(rows) - len(replaced)} other places were kept as they came; --json lists them")
    for reason in taken.kept.dropped:
        output.line(f"not kept - {reason}")
    output.line(f"{folder / 'samples' / name} is written: {taken.live.outcome}, {len(taken.live.orders)} orders")
    if not taken.alike:
        output.line("its replay differs from what the merchant gave - look at it in the notebook before relying on it")
    return 0


def egress_arguments(parser: Parser) -> None:
    """The arguments of `workbench egress`."""
    parser.description = """\
Tells from which address calls leave, as a merchant sees it: $WORKBENCH_EGRESS_URL names who answers that, such as
https://api.ipify.org. Compares it with $WORKBENCH_EGRESS_PRODUCTION and $WORKBENCH_EGRESS_TEST, the addresses that the
deployment means to call from, and prints what to send to a merchant that admits addresses only.

Exit: 0 the address is on a list, or there are none; 1 it is on none, or could not be found out; 2 wrong use."""
    parser.add_argument("merchant", metavar="MERCHANT", nargs="?", help="a merchant, to be named in the text")
    parser.add_environment()
    parser.add_json()


def egress(arguments: Namespace, output: Output) -> int:
    """Tells from where calls leave."""
    from workbench.connect.egress import egress as found_out
    from workbench.connect.settings import Settings
    from workbench.merchant import host_of

    merchant, host = "", ""
    if arguments.merchant:
        place = mapping_place(arguments.merchant)
        merchant = load(place).plan.merchant
        host = host_of(place, arguments.environment)
    found = found_out(Settings.of(merchant))
    if output.as_json:
        lists = {"production": [str(each) for each in found.production], "test": [str(each) for each in found.test]}
        route = "proxy" if found.proxied else "direct"
        told = {"address": found.address, "listed": found.listed or None, "route": route, **lists}
        output.data({**told, "text": found.text(host)})
    else:
        listed = f"one of the {found.listed} addresses" if found.listed else "on no list" if found.wrong else ""
        route = "by the proxy of the deployment" if found.proxied else "directly"
        output.table(["calls leave from", "", "route"], [(found.address, listed, route)])
        output.line(found.text(host))
    return 1 if found.wrong else 0
