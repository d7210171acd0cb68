"""Step by step, how a field came to its value or to nothing: paths, counts and types only, never a value."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from workbench.documents import Element, Elements, Text
from workbench.errors import UsageError
from workbench.execute.execution import Execution
from workbench.execute.items import Spot, block_items, place_items, relate
from workbench.execute.records import make_record
from workbench.execute.rules import FieldRun
from workbench.execute.scope import Scope
from workbench.paths import Path, element_value, find, is_number, quote_name, scalars
from workbench.plan import Block, FieldPlan, Place, Rule

SHOWN = 12
TAKEN_FROM = {
    "tracking_numbers": ("shipments.tracking_number", "lines.tracking_numbers"),
    "carrier": ("shipments.carrier",),
    "return_tracking_number": ("returns.tracking_number",),
    "return_status": ("returns.status",),
}
"""Fields of an order that come from its parts where the mapping has no rule for them."""
_NAME = re.compile(r"@?[^\W\d][\w.:#-]{0,60}")
_DATA = re.compile(r"\d{4}")


@dataclass(frozen=True, slots=True)
class Step:
    """One step: what was done, what came of it, and where it stopped, what stands there instead.

    Attributes:
        did: A path step or a transform, such as `.customer` or `lookup`.
        found: How many nodes or values are left after it.
        types: Their types.
        instead: Where nothing is left, the keys or types that stand there.
        problem: What a transform had to say.
    """

    did: str
    found: int
    types: tuple[str, ...] = ()
    instead: tuple[str, ...] = ()
    problem: str = ""

    @property
    def text(self) -> str:
        """The step as one line."""
        line = f"{self.did}: {_count(self.found)}"
        if self.types:
            line += f" ({', '.join(self.types)})"
        if self.instead:
            line += f"; instead there: {', '.join(self.instead)}"
        return f"{line}; {self.problem}" if self.problem else line

    def to_dict(self) -> dict[str, Any]:
        """Plain data, as `--json` prints it."""
        told: dict[str, Any] = {"did": self.did, "found": self.found}
        told |= {"types": [*self.types], "instead": [*self.instead]}
        return {**told, "problem": self.problem} if self.problem else told


@dataclass(frozen=True, slots=True)
class Explanation:
    """How one field of one record was obtained.

    Attributes:
        where: The field's place in the result.
        rule: The rule, as the mapping says it, in short.
        steps: What was done, in order.
        outcome: What came of it: `a value`, `nothing`, or the problem.
        note: The note that stands on the rule, if any.
    """

    where: str
    rule: str
    steps: tuple[Step, ...]
    outcome: str
    note: str = ""

    @property
    def stopped(self) -> Step | None:
        """The step after which nothing was left, or None."""
        return next((step for step in self.steps if step.found == 0), None)

    def to_dict(self) -> dict[str, Any]:
        """Plain data, as `--json` prints it."""
        steps = [step.to_dict() for step in self.steps]
        told: dict[str, Any] = {"where": self.where, "rule": self.rule, "steps": steps, "outcome": self.outcome}
        return {**told, "note": self.note} if self.note else told


class _Walked(NamedTuple):
    """One step of a path: what it did, the nodes before it and after it."""

    did: str
    before: list[Any]
    after: list[Any]


@dataclass(slots=True)
class _Trace:
    steps: list[Step] = field(default_factory=list)

    def add(self, did: str, nodes: Iterable[Any], before: Iterable[Any] = ()) -> None:
        nodes = list(nodes)
        types = tuple(dict.fromkeys(map(type_of, nodes)))
        self.steps.append(Step(did, len(nodes), types, () if nodes else _instead(did, before)))

    def walk(self, walked: Iterable[_Walked]) -> None:
        for step in walked:
            self.add(step.did, step.after, step.before)


def explain(execution: Execution, name: str, note: str = "") -> list[Explanation]:
    """How a field came to its value or to nothing, for each order that the answers hold.

    Args:
        execution: A run that has been given its answers.
        name: The field; of rows and inner objects dotted: `lines.sku`, `shipping_address.city`.
        note: The note that the mapping holds on it.

    Raises:
        UsageError: No such field, or the mapping has no rule for it.
    """
    trace = _Trace()
    operation = execution.operation
    items = execution.items()
    trace.walk(_walk_place(operation.orders.place, execution.root))
    if not items:
        _keep_step(operation.orders, trace, 0)
        return [Explanation(execution.record, _place_text(operation.orders), tuple(trace.steps), "no item is an order")]
    parts = name.split(".")
    told = []
    for index, item in enumerate(items):
        if operation.orders.related:
            relate(operation.orders.related, item, execution.run, Spot(item, ""))
        where = f"{execution.record}[{index}]"
        for path in _sources(operation.orders, parts):
            told += _field(execution, operation.orders, item, path, where, note)
    return told


def _sources(block: Block, parts: list[str]) -> list[list[str]]:
    """The fields to explain: that one, or where the runtime takes it from when the mapping has no rule for it."""
    if _ruled(block, parts):
        return [parts]
    sources = [source.split(".") for source in TAKEN_FROM.get(parts[0], ())]
    return [source for source in sources if _ruled(block, source)] or [parts]


def _ruled(block: Block | None, parts: list[str]) -> bool:
    """Whether a mapping has a rule for a dotted field."""
    if not parts:
        return True
    field = next((one for one in block.fields if parts[0] in (one.key, one.raw)), None) if block else None
    return field is not None and _ruled(field.block, parts[1:])


def _field(
    execution: Execution, block: Block, scope: Scope, parts: list[str], where: str, note: str
) -> list[Explanation]:
    plan = next((one for one in block.fields if one.key == parts[0]), None)
    place = f"{where}.{parts[0]}"
    if plan is None:
        plan = next((one for one in block.fields if one.raw and one.raw == parts[0]), None)
    if plan is None:
        raise _no_rule(block, parts[0])
    if plan.block is None and len(parts) > 1:
        raise UsageError(f"no field {parts[1]!r} - {parts[0]} is a value, it has no fields inside")
    make_record(block, scope, execution.run)  # minor units read the currency of the record
    scope.reports = None
    if plan.block is None:
        return [_rule_explained(execution, plan, scope, place, note)]
    trace = _Trace()
    trace.walk(_walk_place(plan.block.place, scope))
    rows = block_items(plan.block, scope, execution.run, Spot(scope, plan.key))
    _keep_step(plan.block, trace, len(rows))
    if not rows or len(parts) == 1:
        outcome = _count(len(rows), "item") if rows else "nothing"
        return [Explanation(place, _place_text(plan.block), tuple(trace.steps), outcome, note)]
    told = []
    for index, row in enumerate(rows):
        if plan.block.related:
            relate(plan.block.related, row, execution.run, Spot(row, ""))
        inner = f"{place}[{index}]" if plan.block.many else place
        told += _field(execution, plan.block, row, parts[1:], inner, note)
    return told


def _no_rule(block: Block, name: str) -> UsageError:
    """What to say of a field that is not known, or has no rule."""
    known = ", ".join(one.key for one in block.fields)
    if name in block.keys:
        return UsageError(f"no rule for {name} - this mapping has rules for {known}")
    close = difflib.get_close_matches(name, block.keys, 1)
    meant = f"did you mean {close[0]!r}?" if close else f"this mapping has rules for {known}"
    return UsageError(f"no field {name!r} - {meant}")


def _rule_explained(execution: Execution, plan: FieldPlan, scope: Scope, place: str, note: str) -> Explanation:
    rule = plan.rule or Rule("value")
    trace = _Trace()
    _trace_rule(execution, plan, rule, scope, trace)
    value = FieldRun(plan, scope, execution.run).value()
    problems = [report.problem(place.rsplit(".", 1)[0]) for report in scope.reports or ()]
    scope.reports = None
    own = [problem.what for problem in problems]
    outcome = "; ".join([*own, *(["nothing"] if value is None and not own else [])]) or "a value"
    return Explanation(place, rule_text(rule), tuple(trace.steps), outcome, note)


def _trace_rule(execution: Execution, plan: FieldPlan, rule: Rule, scope: Scope, trace: _Trace) -> list[Any]:
    """Adds the steps of a rule; gives its final values, so that `first` knows where to stop."""
    runner = FieldRun(plan, Scope(scope.item, scope.around, scope.key, scope.names), execution.run)
    runner.home.currency = scope.currency
    scopes = [scope]
    if rule.at is not None:
        trace.walk(_walk_place(rule.at, scope))
        scopes = place_items(rule.at, scope, execution.run, runner.spot)
        rule = rule._replace(at=None)
    for inner in scopes[:1] if rule.source != "path" else scopes[:SHOWN]:
        if rule.source == "path" and rule.path is not None:
            _trace_path(rule.path, inner, trace)
        elif rule.source in ("first", "join"):
            for part in rule.parts:
                found = _trace_rule(execution, plan, part, inner, trace)
                if found and rule.source == "first":
                    break
        elif rule.source == "cases":
            trace.add(f"cases ({len(rule.cases)})", runner._cases(rule, inner, lambda value: [value]))
        else:
            trace.add("value", [rule.value])
    values = runner.values(rule, scopes[0], runner.as_kind) if scopes else []
    for transform in _transforms(rule):
        said = "; ".join(report.what for report in runner.home.reports or ())
        trace.steps.append(Step(transform, len(values), problem=said))
    return values


def _trace_path(path: Path, scope: Scope, trace: _Trace) -> None:
    trace.walk(_walk(path, scope))
    trace.add("values", scalars(_end(path, scope)), _end(path, scope))


def _end(path: Path, scope: Scope) -> list[Any]:
    if path.key:
        start = scope.out(path.ups)
        return [] if start is None or start.key is None else [start.key]
    return [node for root in scope.starts(path) for node in find(root, path.steps)]


def _walk(path: Path, scope: Scope) -> list[_Walked]:
    """The steps of a path, until nothing is left."""
    root = f"{path.name}:$" if path.name else path.root * max(path.ups, 1)
    if path.key:
        return [_Walked(f"{root}~", [], _end(path, scope))]
    nodes = list(scope.starts(path))
    walked = [_Walked(root, [], nodes)]
    for step in path.steps:
        if not nodes:
            break
        after = [found for node in nodes for found in find(node, (step,))]
        walked.append(_Walked(step_text(step), nodes, after))
        nodes = after
    return walked


def _walk_place(place: Place, scope: Scope) -> list[_Walked]:
    """The steps of the first level of each option, until one finds something."""
    walked: list[_Walked] = []
    for option in place.options:
        steps = _walk(option[0], scope)
        walked += steps
        if steps[-1].after:
            break
    return walked


def _keep_step(block: Block, trace: _Trace, count: int) -> None:
    if block.keep:
        trace.steps.append(Step(f"keep {', '.join(condition.left for condition in block.keep)}", count))
    elif len(block.place.options[0]) > 1:
        trace.steps.append(Step("levels", count))


def _instead(did: str, before: Iterable[Any]) -> tuple[str, ...]:
    """What stands where a step found nothing: keys of objects, types of the rest; a likely new name first."""
    keys: dict[str, None] = {}
    for node in before:
        for held in node if isinstance(node, list) and did.startswith(".") else [node]:
            if isinstance(held, dict):
                keys.update(dict.fromkeys(_shown(str(key)) for key in held))
            elif held is not None:
                keys[f"({type_of(held)})"] = None
        if isinstance(node, list) and not isinstance(node, Elements):
            keys[f"({type_of(node)})"] = None
    likely = difflib.get_close_matches(did.lstrip("."), list(keys), 3, 0.5)
    names = list(dict.fromkeys([*likely, *keys]))
    return tuple(names[:SHOWN]) + ((f"and {len(names) - SHOWN} more",) if len(names) > SHOWN else ())


def _shown(key: str) -> str:
    """A key as it may be told: one that looks like data (an id, an address) is not."""
    return key if _NAME.fullmatch(key) and not _DATA.search(key) else "(a key that looks like data)"


def type_of(node: Any) -> str:
    """The type of a node, in the words of its format."""
    if isinstance(node, (Element, Elements)):
        return "element" if isinstance(node, Element) else f"{len(node)} elements"
    if isinstance(element_value(node), (Text, str)):
        return "text" if str(node).strip() else "blank text"
    if node is None:
        return "null"
    if isinstance(node, bool):
        return "true or false"
    if is_number(node):
        return "number"
    if isinstance(node, list):
        return f"list of {len(node)}"
    return "object" if isinstance(node, dict) else type(node).__name__


def step_text(step: tuple[str, Any]) -> str:
    """A step as it is written in a path."""
    kind, argument = step
    if kind == "name":
        return quote_name(argument)
    return {"index": f"[{argument}]", "all": "[*]"}.get(kind, "[?...]")


def rule_text(rule: Rule) -> str:
    """A rule in short: its source and the names of its transforms."""
    source = rule.path.text if rule.path else f"{rule.source} of {len(rule.parts) or len(rule.cases)}"
    if rule.source == "value":
        source = "a constant"
    elif rule.parts and all(part.path for part in rule.parts):
        source = f"{rule.source} [{', '.join(part.path.text for part in rule.parts if part.path)}]"
    transforms = [*(["at"] if rule.at else []), *_transforms(rule)]
    return " | ".join([source, *transforms])


def _transforms(rule: Rule) -> list[str]:
    present = {
        "null_when": rule.null_when, "regex": rule.regex, "function": rule.function, "lookup": rule.lookup,
        "decimal": rule.decimal, "datetime": rule.datetime,
    }  # fmt: skip
    return [name for name, value in present.items() if value]


def _place_text(block: Block) -> str:
    options = [" > ".join(path.text for path in option) for option in block.place.options]
    return f"{'each' if block.many else 'at'} {' or '.join(options)}"


def _count(number: int, noun: str = "node") -> str:
    return f"{number} {noun}{'s' * (number != 1)}" if number else "nothing"
