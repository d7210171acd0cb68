"""What is left to do: the gate of the export from the first minute, and the questions to the merchant."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from workbench.catalogue import TIME, catalogue
from workbench.mapping import MappingFile, export_problems
from workbench.notebook.contradictions import Contradiction
from workbench.notebook.presence import Lack
from workbench.orders import Result
from workbench.pick import Trial, problem_field

_STEP = re.compile(r"(\w+)(?:\[(\d+)\])?")
_OTHERWISE = re.compile(r": (.+?) is (.+?) in .+?, and (.+) in ")
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
        offer: What would settle it by one click, where that is known: the step's name and what it is done to.
    """

    text: str
    how: str = ""
    field: str = ""
    code: str = ""
    blocks: bool = False
    waivable: bool = False
    offer: tuple[str, ...] | None = None


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
        elif not trials.get(name):
            found.append(Todo(f"search {words} not tried", "fetch an order with it", "", "untested", True, True))
        elif not any(result.orders for result in trials[name].results):
            how = "say where its orders stand, or fetch an order that is there"
            found.append(Todo(f"search {words} gives no order yet", how, "", "no_order", True, True))
    results = [result for trial in trials.values() for result in trial.results]
    orders = [order for trial in trials.values() for records in trial.records for order in records]
    found += _of_results(results, orders, data)
    waived = {entry["finding"] for entry in data.get("waived") or ()}
    return sorted((one for one in found if one.text not in waived), key=lambda one: not one.blocks)


def _of_results(results: Sequence[Result], orders: Sequence[Mapping[str, Any]], data: Mapping[str, Any]) -> list[Todo]:
    if not orders:
        return []
    found = []
    unknown: dict[str, list[str]] = {}
    others: dict[tuple[str, str], int] = {}
    for result in results:
        for problem in result.problems:
            field = problem_field(problem)
            if problem.code == "unknown_word":
                unknown.setdefault(field, []).append(_raw_at(result, problem.where))
            elif field and problem.code != "no_value":
                others[field, problem.what] = others.get((field, problem.what), 0) + 1
    for field, words in unknown.items():
        how = "give each word a meaning, or ask the merchant"
        many = len(set(words))
        text = f"{many} word{'s' * (many != 1)} without meaning in {field} ({_often(len(words))})"
        found.append(Todo(text, how, field, "words", True, True))
    for (field, what), count in others.items():
        found.append(Todo(f"{field}: {what} ({_often(count)})", "look at its rule", field, "problem", True, True))
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
        "a guest, without an e-mail": not all(order.get("customer_email") for order in orders)
        or "customer_email" not in rules,
    }
    for what, seen in wanted.items():
        if not seen:
            found.append(Todo(f"no sample order with {what}", "fetch one, or leave it", "", "no_sample"))
    return found


def _often(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _raw_at(result: Result, where: str) -> str:
    """The merchant's own word at a problem's place, `order[1].lines[0].status`; it is only counted."""
    names = [(name, int(index or 0)) for name, index in _STEP.findall(where)]
    if not names or names[0][0] != "order" or names[0][1] >= len(result.orders):
        return ""
    node: Any = result.orders[names[0][1]].peek()
    for name, index in names[1:-1]:
        node = node.get(name) if isinstance(node, Mapping) else None
        node = node[index] if isinstance(node, list) and index < len(node) else node
    return str(node.get(f"{names[-1][0]}_raw", "")) if isinstance(node, Mapping) else ""


def pages_left(data: Mapping[str, Any], trials: Mapping[str, Trial]) -> list[Todo]:
    """The calls that say how their answers go on, where no sample has a second page."""
    found = []
    for name, trial in trials.items():
        for call in (data["operations"].get(name) or {}).get("calls") or ():
            own = call.get("name", "main")
            answers = [sample.calls[own] for sample in trial.samples if own in sample.calls]
            if "pages" not in call or not answers:
                continue
            seen = [pages for each in answers for pages in (each.values() if isinstance(each, Mapping) else [each])]
            if not any(len(pages) > 1 for pages in seen):
                text = f"no second page of {own} seen ({name})"
                how = "fetch a customer with many orders, so that paging is proved"
                found.append(Todo(text, how, "", "no_page"))
    return found


def of_unplaced(found: Mapping[str, tuple[str, str]]) -> list[Todo]:
    """The operations whose orders have no place yet, though the rules of another one fit.

    Args:
        found: By operation, the call and the node that seems to repeat per order.
    """
    left = []
    for operation, (call, path) in found.items():
        text = f"where the orders of {operation} stand is not said"
        how = f"the rules fit each {path}: bench.each({path!r}, {call!r}, operation={operation!r})"
        left.append(Todo(text, how, "", "no_place", True, False, ("each", operation, call, path)))
    return left


def of_lacking(data: Mapping[str, Any], lacking: Mapping[str, frozenset[str]]) -> list[Todo]:
    """The calls that the rules need and an operation does not make, though another does.

    Args:
        data: The draft's data.
        lacking: By operation, the names that it lacks.
    """
    made = {
        call.get("name", "main")
        for body in data["operations"].values() for call in (body or {}).get("calls") or () if "for_each" in call
    }  # fmt: skip
    left = []
    for operation, names in lacking.items():
        if not (data["operations"][operation] or {}).get("calls"):
            continue
        for name in sorted(names):
            text = f"{operation} does not make the call {name}: what needs it is unavailable there"
            offer = ("copy_call", operation, name) if name in made else None
            how = f"add it there: bench.copy_call({name!r}, {operation!r})" if offer else "add it, or live without"
            left.append(Todo(text, how, "", "lacking", offer=offer))
    return left


def of_lacks(lacks: Sequence[Lack]) -> list[Todo]:
    """What one search never tells though another does."""
    found = []
    for one in lacks:
        text = f"{one.operation} lacks what {one.other} has: {', '.join(one.fields)}"
        how = "say where they stand there as well (Suggest does), or live without"
        if one.operation != "find_order_by_number":
            how = "fetch each found order by its number in a call for each order, or live without"
        found.append(Todo(text, how, one.fields[0], "lacks"))
    return found


def of_contradictions(found: Sequence[Contradiction]) -> list[Todo]:
    """What later samples have otherwise than earlier ones."""
    left = []
    for one in found:
        text = f"{one.field}: {one.name} is {one.before} in {one.first}, and {one.after} in {one.later}"
        left.append(Todo(text, "look at both, and make the rule fit both", one.field, "contradicted"))
    return left


def of_differing(differing: Mapping[str, tuple[int, int]]) -> list[Todo]:
    """The fields that the back office has otherwise.

    Args:
        differing: By field, how many values differ and how many were compared.
    """
    how = "mend its rule, or waive() it with the reason why the back office says otherwise"
    return [
        Todo(f"{field}: {bad} of {total} values differ from the back office", how, field, "differs", True, True)
        for field, (bad, total) in differing.items()
        if bad
    ]


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
        elif one.code == "no_page":
            points.append("Could you name a test customer whose orders fill more than one page?")
        elif one.code == "lacks":
            operation, _, fields = one.text.partition(" lacks what ")
            searched = f"the search {_SEARCHES[operation]}" if operation in _SEARCHES else operation
            points.append(f"Can {searched} tell these as well: {fields.partition(': ')[2]}?")
        elif one.code == "contradicted" and (match := _OTHERWISE.search(one.text)):
            points.append(f"In some answers {match[1]} is {match[2]}, in others {match[3]}: when is it which?")
        elif one.code == "untested":
            points.append(f"Could you name a test order that we may find ({one.text})?")
    points += asks
    if not points:
        return "There are no open questions.\n"
    lines = [f"{number}. {point}" for number, point in enumerate(dict.fromkeys(points), 1)]
    head = f"Hello,\n\nwe are connecting the orders API of {merchant}. Some points are open:\n\n"
    return head + "\n".join(lines) + "\n\nThank you!\n"
