"""What is left to do: the gate of the export from the first minute, and the questions to the merchant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from workbench.catalogue import TIME, catalogue
from workbench.mapping import MappingFile, export_problems
from workbench.orders import Result
from workbench.pick import Trial, problem_field

_SEARCHES = {"find_orders_by_email": "by e-mail", "find_order_by_number": "by number"}


class Todo(NamedTuple):
    """One thing that is left.

    Attributes:
        text: What is missing.
        how: What to do about it.
        field: The business field, where it is about one.
        code: A short stable word.
        blocks: Whether it stands against the export.
        waivable: Whether it may be waived with a reason.
    """

    text: str
    how: str = ""
    field: str = ""
    code: str = ""
    blocks: bool = False
    waivable: bool = False


def todo(file: MappingFile, trials: Mapping[str, Trial], operations: Sequence[str]) -> list[Todo]:
    """Everything that is left, what blocks the export first.

    Args:
        file: The draft.
        trials: Each operation that has samples, tried on them.
        operations: The operations of the draft.
    """
    data = file.data
    found: list[Todo] = []
    if not operations:
        found.append(Todo("no operation yet", "add find_orders_by_email and its call", "", "no_operation", True))
    for problem in export_problems(file):
        field = problem.where.removeprefix("records.order.") if problem.code == "required" else ""
        found.append(Todo(problem.what, problem.how, field, problem.code, True, problem.code == "required"))
    for name, words in _SEARCHES.items():
        if name not in operations:
            found.append(Todo(f"no search {words}", f"add the operation {name}", "", "no_search", False, True))
        elif not trials.get(name) or not any(result.orders for result in trials[name].results):
            found.append(Todo(f"search {words} not tried", "fetch an order with it", "", "untested", True, True))
    results = [result for trial in trials.values() for result in trial.results]
    orders = [order for trial in trials.values() for records in trial.records for order in records]
    found += _of_results(results, orders, data)
    waived = {entry["finding"] for entry in data.get("waived") or ()}
    return sorted((one for one in found if one.text not in waived), key=lambda one: not one.blocks)


def _of_results(results: Sequence[Result], orders: Sequence[Mapping[str, Any]], data: Mapping[str, Any]) -> list[Todo]:
    if not orders:
        return []
    found = []
    unknown: dict[str, int] = {}
    others: dict[tuple[str, str], int] = {}
    for result in results:
        for problem in result.problems:
            field = problem_field(problem)
            if problem.code == "unknown_word":
                unknown[field] = unknown.get(field, 0) + 1
            elif field and problem.code != "no_value":
                others[field, problem.what] = others.get((field, problem.what), 0) + 1
    for field, count in unknown.items():
        how = "give each word a meaning, or ask the merchant"
        found.append(Todo(f"words without meaning in {field} ({count} times)", how, field, "words", True, True))
    for (field, what), count in others.items():
        found.append(Todo(f"{field}: {what} ({count} times)", "look at its rule", field, "problem", True, True))
    rules = data["records"].get("order") or {}
    times = [key for key in rules if key in catalogue().records["order"].fields
             and catalogue().records["order"].fields[key].kind == TIME]  # fmt: skip
    naive = [
        key for key in times if any("T" in str(order.get(key, "")) and _naive(str(order[key])) for order in orders)
    ]
    if naive and not data.get("timezone"):
        how = "ask the merchant, then set the mapping's timezone"
        found.append(Todo(f"the zone of {', '.join(naive)} is not known", how, naive[0], "zone", False, True))
    wanted = {
        "two shipments": any(len(order.get("shipments", ())) > 1 for order in orders) or "shipments" not in rules,
        "a single line": any(len(order.get("lines", ())) == 1 for order in orders) or "lines" not in rules,
        "several lines": any(len(order.get("lines", ())) > 1 for order in orders) or "lines" not in rules,
        "a return": any(order.get("returns") for order in orders) or "returns" not in rules,
        "a cancellation": any(order.get("status") == "cancelled" for order in orders),
    }
    for what, seen in wanted.items():
        if not seen:
            found.append(Todo(f"no sample order with {what}", "fetch one, or leave it", "", "no_sample"))
    return found


def _naive(moment: str) -> bool:
    clock = moment.partition("T")[2]
    return bool(clock) and not clock.endswith("Z") and "+" not in clock and "-" not in clock


def questions(merchant: str, left: Sequence[Todo], words: Mapping[str, Sequence[str]], asks: Sequence[str]) -> str:
    """The open points as a plain letter to the merchant, without customers' data.

    Args:
        merchant: The merchant's name.
        left: What is left to do.
        words: Status words without a meaning, by field.
        asks: Further questions of the engineer.
    """
    points = [f"What do these values of {field} mean: {', '.join(each)}?" for field, each in words.items() if each]
    for one in left:
        if one.code == "required":
            points.append(f"Where in the answer do we find the {one.field.replace('_', ' ')}?")
        elif one.code == "zone":
            points.append("In which time zone are the times of the answer?")
        elif one.code == "no_sample":
            points.append(f"Could you name a test order with {one.text.removeprefix('no sample order with ')}?")
        elif one.code == "untested":
            points.append(f"Could you name a test order that we may find ({one.text})?")
    points += asks
    if not points:
        return "There are no open questions.\n"
    lines = [f"{number}. {point}" for number, point in enumerate(dict.fromkeys(points), 1)]
    head = f"Hello,\n\nwe are connecting the orders API of {merchant}. Some points are open:\n\n"
    return head + "\n".join(lines) + "\n\nThank you!\n"
