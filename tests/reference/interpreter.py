"""One run of a mapping: documents in, orders, problems and outcome out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tests.reference import paths
from tests.reference.blocks import Made, made_from
from tests.reference.conditions import field_nodes, holds
from tests.reference.places import items_of, nothing
from tests.reference.scopes import Failed, Notes, Run, Scope
from workbench.catalogue import catalogue
from workbench.decode import decode
from workbench.documents import Document, Element, Elements, Pages, PerOrder
from workbench.errors import DecodeError, Problem

NO_PLACE = "the place of the orders is not in the response; mend each: of orders, or say not_found_when:"
WITHHELD = (
    "{} order that does not carry what was asked for, left out",
    "{} orders that do not carry what was asked for, left out",
)
DERIVED = {
    "tracking_numbers": ("shipments", "shipments.tracking_number", "lines", "lines.tracking_numbers"),
    "carrier": ("shipments", "shipments.carrier"),
    "return_tracking_number": ("returns", "returns.tracking_number"),
    "return_status": ("returns", "returns.status"),
}
EXPECTED = "no value, but the mapping expects one"
IMPLICIT = {"find_orders_by_email": ("customer_email", "email"), "find_order_by_number": ("order_number", "number")}


def run(
    mapping: dict[str, Any],
    answers: Any,
    *,
    operation: str | None = None,
    inputs: dict[str, Any] | None = None,
    now: datetime | None = None,
    content_type: str | None = None,
) -> dict[str, Any]:
    """`{"outcome", "orders", "problems"}` of a mapping's plain data and the answers of its calls.

    Args:
        mapping: The file as plain data.
        answers: One answer, for the first call; or a table of answers by the call's name: bytes, documents, `Pages` or
            `PerOrder`.
        operation: Which one; of several, unsaid, the one whose inputs were given.
        inputs: What was asked for.
        now: The run's clock.
        content_type: That of the answers, where known.
    """
    reading = Reading(mapping, operation, inputs or {}, now)
    return reading.result(answers, content_type)


class Reading:
    """The steps of a run, one method each."""

    def __init__(
        self, mapping: dict[str, Any], operation: str | None, inputs: dict[str, Any], now: datetime | None
    ) -> None:
        self.run = Run(mapping, inputs, now or datetime.now(UTC))
        self.operation = operation or chosen(mapping["operations"], inputs)
        self.body = mapping["operations"][self.operation]
        self.calls = [dict(call) for call in self.body.get("calls") or [{"name": "main"}]]
        self.calls[0].setdefault("name", "main")
        self.block = self.body["orders"]
        self.use = self.block.get("use", "order")
        self.rules = mapping["records"][self.use]
        self.problems: list[str] = []
        self.per_order = [call for call in self.calls if call.get("for_each")]

    def say(self, what: str, where: str) -> None:
        """Takes down a problem, once."""
        if (text := f"{what} @ {where}") not in self.problems:
            self.problems.append(text)

    def roots(self, call: dict[str, Any], answer: Any) -> Any:
        """The pages of a call, or that it failed. Pages that say "nothing found" are left out."""
        roots: list[Any] = []
        for page in [] if answer is None else answer if isinstance(answer, Pages) else [answer]:
            try:
                said = {key: call[key] for key in ("format", "delimiter", "encoding", "namespaces") if key in call}
                document = decode(page, content_type=self.content_type, **said)
            except DecodeError as error:
                where = error.problem.where if len(self.calls) == 1 else call["name"]
                return Failed(Problem(error.problem.what, where, error.problem.how, at_run=True))
            root = paths.mark(document.root, document.format in ("xml", "soap"))
            scope = Scope(root, self.run, names={"$": [root]})
            if "not_found_when" in call and holds(call["not_found_when"], scope, Notes()):
                continue
            if failure := self.failure(call, scope):
                return Failed(failure)
            self.problems += [problem.text for problem in document.problems if problem.text not in self.problems]
            roots.append(root)
        return roots

    def failure(self, call: dict[str, Any], scope: Scope) -> Problem | None:
        """What an answer itself says of its failure."""
        if "fail_when" in call and holds(call["fail_when"], scope, Notes()):
            return Problem("the answer says that the call failed", call["name"], "see fail_when:", at_run=True)
        if paths.is_xml(scope.item) and scope.nodes("$.Envelope.Body.Fault", Notes()):
            return Problem("the answer is a SOAP fault", call["name"], at_run=True)
        if "graphql" in call and isinstance(scope.item, dict) and scope.item.get("errors"):
            return Problem("the answer holds GraphQL errors", call["name"], at_run=True)
        return None

    def result(self, answers: Any, content_type: str | None) -> dict[str, Any]:
        """Everything, in the order of the text."""
        known = {call["name"] for call in self.calls}
        by_name = type(answers) is dict and bool(answers) and set(answers) <= known
        if by_name and len(known) == 1:  # a bare document may have a key of that name
            by_name = isinstance(next(iter(answers.values())), (bytes, str, Document, Pages, PerOrder))
        self.answers = answers if by_name else {self.calls[0]["name"]: answers}
        self.content_type = content_type
        names = {
            call["name"]: [] if call in self.per_order else self.roots(call, self.answers.get(call["name"]))
            for call in self.calls
        }
        names["$"] = names[self.calls[0]["name"]]
        outermost = Scope(None, self.run, names=names)
        notes = Notes()
        items: list[Scope] = []
        if not self.broken([names]):
            outermost.item = names["$"][0] if names["$"] else None
            items = self.items(outermost, notes)
        failure = self.broken([names, *(item.names for item in items)])
        for name in sorted(notes.missed):
            failure = failure or names[name].problem
        if failure:
            return {"outcome": "failed", "orders": [], "problems": [*self.problems, failure.text]}
        return self.orders(made_from(self.block, self.rules, self.use, items), notes, outermost)

    def broken(self, tables: list[dict[str, Any]]) -> Problem | None:
        """Why the operation fails: its first call did, or one that is required."""
        for number, call in enumerate(self.calls):
            for names in tables:
                found = names.get(call["name"])
                if isinstance(found, Failed) and (number == 0 or call.get("required")):
                    return found.problem
        return None

    def items(self, outermost: Scope, notes: Notes) -> list[Scope]:
        """The raw items; the answers of calls made for each order are its own."""
        items = items_of(self.block, outermost, notes)
        for item in items:
            for call in self.per_order:
                item.names[call["name"]] = self.roots(call, self.own_answer(call, item))
        return items

    def orders(self, made: list[Made], notes: Notes, outermost: Scope) -> dict[str, Any]:
        """The result: orders that are kept and carry what was asked for, with their numbers."""
        orders: list[dict[str, Any]] = []
        withheld = blank = 0
        for one in made:
            if not one.record:
                blank += 1
                notes.take(one.search, "")
                notes.take(one.notes, "")
                continue
            self.complete(one)
            if not self.kept_by_fields(one):
                continue
            if not self.verified(one):
                withheld += 1
                continue
            notes.take(one.search, f"[{len(orders)}]")
            notes.take(one.notes, f"[{len(orders)}]")
            fields = catalogue().records[self.use].fields
            orders.append({name: one.record[name] for name in fields if name in one.record})
        outcome = "found" if orders else "withheld" if withheld else "none"
        if made and blank == len(made):
            outcome = "failed"
            self.say(f"{blank} item{'s' if blank > 1 else ''} without any value", self.use)
        if not made and not self.place_is_there(outermost):
            outcome = "failed"
            self.say(NO_PLACE, self.use)
        for what, below in notes.said:
            self.say(what, self.use + below)
        for name in sorted(self.run.skipped):
            self.say(f"input {name!r} not given", self.use)
        if withheld:
            self.say(WITHHELD[withheld > 1].format(withheld), self.use)
        return {"outcome": outcome, "orders": orders, "problems": self.problems}

    def complete(self, one: Made) -> None:
        """What an order takes from its parts, and the problems of what is not there."""
        if self.use == "order":
            gather(one.record)
        self.tell_failed_calls(one)
        self.expect(one)

    def tell_failed_calls(self, one: Made) -> None:
        """The fields that needed an answer which is not to be had; also those that would have come from such fields."""
        scope = one.scope
        visible = {**(scope.around.names if scope.around else {}), **scope.names}
        outermost: Scope | None = scope
        while outermost:
            visible = {**outermost.names, **visible}
            outermost = outermost.around
        for name in sorted(visible):
            if isinstance(visible[name], Failed) and name != "$":
                one.notes.say(f"call {name!r} failed: {visible[name].problem.what}")
        missing = [name for name in one.notes.unavailable if name not in one.record]
        for name, sources in DERIVED.items() if self.use == "order" else ():
            if name not in one.record and name not in missing and set(sources) & set(missing):
                missing.append(name)
        if missing:
            one.record["unavailable"] = missing

    def own_answer(self, call: dict[str, Any], item: Scope) -> Any:
        """The answer recorded for this item, by the values of the call's paths on it, or by its number or id."""
        recorded = self.answers.get(call["name"], {})
        keys = [paths.text(value) for path in item_paths(call) for value in item.values(path, Notes())]
        if not item_paths(call):
            for name in ("order_number", "id"):
                rule = self.rules.get(name)
                if isinstance(rule, str):
                    keys += [paths.text(value) for value in item.values(rule, Notes())]
        return next((recorded[key] for key in keys if key in recorded), None)

    def kept_by_fields(self, one: Made) -> bool:
        """keep by business fields."""
        tests = {left: want for left, want in self.block.get("keep", {}).items() if not paths.looks_like_path(left)}
        return holds(tests, one.scope, one.notes, one.record)

    def verified(self, one: Made) -> bool:
        """The check after the search: what the operation says, or that the order carries what was asked for."""
        verify = self.body.get("verify")
        if verify is not None:
            return "waived" in verify or holds(verify, one.scope, one.notes, one.record)
        if self.operation not in IMPLICIT or self.use != "order":
            return True
        field, name = IMPLICIT[self.operation]
        if self.run.inputs.get(name) is None:
            return True
        return holds({field: f"{{{name}}}"}, one.scope, one.notes, one.record)

    def expect(self, one: Made) -> None:
        """What the catalogue requires and what the mapping expects."""
        unavailable = one.record.get("unavailable", [])
        for field in catalogue().records[self.use].fields.values():
            if (
                field.required
                and field.key in self.rules
                and field.key not in one.record
                and field.key not in unavailable
            ):
                one.notes.say("no value", f".{field.key}")
        for group in catalogue().require_any.get(self.use, ()):
            ruled = [name for name in self.rules if name in group]
            if ruled and not any(name in one.record or name in unavailable for name in group):
                one.notes.say("no value", f".{ruled[0]}")
        for name, how in self.run.mapping.get("expect", {}).items():
            first = name.split(".")[0]
            if name in unavailable or first in unavailable or first not in catalogue().records[self.use].fields:
                continue
            doubts = Notes()
            if holds(how.get("when", {}), one.scope, doubts, one.record) and not field_nodes(
                one.record, name.split(".")
            ):
                doubts.say(EXPECTED)
            one.notes.take(doubts, f".{name}")

    def place_is_there(self, outermost: Scope) -> bool:
        """Whether any response has the place of the orders, though it may hold nothing."""
        place = self.block["each"]
        if not any(outermost.named(call["name"], Notes()) for call in self.calls):
            return True
        for option in place["first"] if isinstance(place, dict) else [place]:
            name, root, _, steps = paths.read_path(
                (option if isinstance(option, str) else option[0]).removesuffix("[*]")
            )
            roots = outermost.named(name or "$", Notes()) if root == "$" else [outermost.item]
            called = outermost.names.get(name or "$")
            if called == [] or any(has_place(one, steps) for one in roots):
                return True
        return False


def has_place(root: Any, steps: list[tuple[str, Any]]) -> bool:
    """JSON says "no orders" by an empty list, a null or an empty object; XML by leaving the elements out.

    So in XML the last two names may be missing; but where the parent of the last holds other elements with children,
    the name has probably changed.
    """
    nodes = [root]
    for number, step in enumerate(steps):
        found = [child for node in nodes for child in paths.find(node, [step])]
        if not found:
            left = len(steps) - number
            return any(not paths.find(node, [step]) and says_none(node, step, left, number) for node in nodes)
        nodes = found
    return True


def says_none(node: Any, step: tuple[str, Any], left: int, number: int) -> bool:
    """Whether a node says "none" by lacking a step; `left` steps are still to go, this one included."""
    if nothing(node):
        return True
    if isinstance(node, (Element, Elements)):
        if step[0] != "name" or (left == 2 and number > 0):
            return True
        elements = node if isinstance(node, Elements) else [node]
        children = [child for one in elements if isinstance(one, Element) for child in one.values()]
        return left == 1 and number > 0 and not any(isinstance(child, (dict, list)) for child in children)
    if isinstance(node, list):
        return step[0] != "name"
    return isinstance(node, dict) and step[0] == "filter"


def chosen(operations: Mapping[str, Any], inputs: dict[str, Any]) -> str:
    """The only operation; of several, the one whose inputs were given."""
    if len(operations) == 1:
        return next(iter(operations))
    wanted = {"find_orders_by_email": ["email"], "find_order_by_number": ["number"]}
    return next(
        name for name, body in operations.items() if set(wanted.get(name, body.get("inputs", []))) <= set(inputs)
    )


def item_paths(call: dict[str, Any]) -> list[str]:
    """The `{@...}` paths of a call, in the order of the text."""
    found: list[str] = []

    def walk(part: Any) -> None:
        for child in part.values() if isinstance(part, dict) else part if isinstance(part, list) else []:
            walk(child)
        if isinstance(part, str):
            found.extend(piece.split("}")[0] for piece in part.split("{")[1:] if piece.startswith("@"))

    walk(call)
    return found


def gather(order: dict[str, Any]) -> None:
    """What the order does not say itself comes from its shipments, lines and returns."""
    numbers: list[str] = [row["tracking_number"] for row in order.get("shipments", []) if "tracking_number" in row]
    numbers += [number for row in order.get("lines", []) for number in row.get("tracking_numbers", [])]
    if "tracking_numbers" not in order and numbers:
        order["tracking_numbers"] = list(dict.fromkeys(numbers))
    if "carrier" not in order:
        for row in order.get("shipments", []):
            if "carrier" in row:
                order["carrier"] = row["carrier"]
                if "carrier_raw" in row:
                    order.setdefault("carrier_raw", row["carrier_raw"])
                break
    if newest := newest_return(order.get("returns", [])):
        if "return_tracking_number" not in order and "tracking_number" in newest:
            order["return_tracking_number"] = newest["tracking_number"]
        if "return_status" not in order and "status" in newest:
            order["return_status"] = newest["status"]
            if "status_raw" in newest:
                order.setdefault("return_status_raw", newest["status_raw"])


def newest_return(returns: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The latest by `created_at` when all have one, else the last listed."""
    if not returns:
        return None
    if not all("created_at" in one for one in returns):
        return returns[-1]
    moments = [datetime.fromisoformat(one["created_at"]) for one in returns]
    moments = [moment if moment.tzinfo else moment.replace(tzinfo=UTC) for moment in moments]
    return [one for one, moment in zip(returns, moments, strict=True) if moment == max(moments)][-1]
