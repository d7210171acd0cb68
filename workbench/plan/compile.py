"""A checked mapping -> its plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from workbench.catalogue import CURRENCY, EXTRA, LIST, OBJECT, TEXT, Catalogue, Field, catalogue
from workbench.conditions import Condition, Conditions, compile_conditions
from workbench.mapping.chains import call_name, calls_per_order
from workbench.paths import Path, compile_path, is_path, is_path_word, text_of
from workbench.plan.model import Amount, Block, Call, Case, FieldPlan, Moment, Operation, Place, Plan, Related, Rule
from workbench.templates import Input, TemplateError, compile_template, texts_in
from workbench.transforms import Lookup

BLOCK_KEYS = ("each", "at", "keep", "group_by", "keyed", "parse", "with", "fields", "use", "note")
SOURCES = ("path", "first", "join", "cases", "value")
METHODS = ("get", "post", "put", "patch", "delete")
BODIES = ("json", "form", "xml", "text", "graphql", "soap")
REQUIRED_WITH_INPUT = {
    "find_orders_by_email": ("customer_email", "email"),
    "find_order_by_number": ("order_number", "number"),
}
"""The finds that everyone knows: the field that must carry the input."""


def compile_plan(data: Mapping[str, Any], digest: str = "") -> Plan:
    """The plan of a mapping that has been checked."""
    compiler = _Compiler(data, catalogue())
    return Plan(
        merchant=str(data.get("merchant", "")),
        version=data.get("version"),
        digest=digest,
        timezone=data.get("timezone"),
        connection=data.get("connection") or {},
        operations={name: compiler.operation(name, body) for name, body in data["operations"].items()},
        expect=tuple(
            (key, tuple(key.split(".")), compile_conditions((body or {}).get("when")))
            for key, body in (data.get("expect") or {}).items()
        ),
    )


def compile_place(place: Any) -> Place:
    """The compiled form of a path, levels of paths, or `{first: [...]}` of either. A final `[*]` means nothing here."""
    options = place["first"] if isinstance(place, Mapping) else [place]
    return Place(tuple(tuple(map(_level, option if isinstance(option, list) else [option])) for option in options))


def _level(text: str) -> Path:
    path = compile_path(text)
    if not path.steps or path.steps[-1][0] != "all":
        return path
    steps = path.steps[:-1]
    names = tuple(argument for _, argument in steps) if all(kind == "name" for kind, _ in steps) else None
    return path._replace(steps=steps, names=names)


def is_block(entry: Mapping[str, Any]) -> bool:
    """Whether a table under an object or list field is a block, rather than fields alone."""
    return not {"each", "at", "fields"}.isdisjoint(entry)


class _Compiler:
    """Compiles one mapping; `names` are related items and rows in sight, each with the calls behind it."""

    def __init__(self, data: Mapping[str, Any], known: Catalogue) -> None:
        self.data = data
        self.catalogue = known
        self.extras: Mapping[str, Any] = data.get("fields") or {}

    def operation(self, name: str, body: Mapping[str, Any]) -> Operation:
        orders = body.get("orders") or {"each": "$"}
        record = orders.get("use", "order")
        fields = self.data["records"].get(record) or {}
        verify = body.get("verify")
        waived = str(verify.get("waived", "")) if isinstance(verify, Mapping) and "waived" in verify else ""
        implied = not verify and record == "order" and name in REQUIRED_WITH_INPUT
        if implied:
            field, given = REQUIRED_WITH_INPUT[name]
            verify = {field: f"{{{given}}}"}
        bodies = body.get("calls") or [{}]
        per_order = calls_per_order(bodies)
        calls = tuple(_call(call, index, per_order) for index, call in enumerate(bodies))
        block = self.block({**orders, "fields": fields}, record, {})
        needed = frozenset().union(*(field.calls for field in block.fields))
        return Operation(
            name=name,
            inputs=_inputs(name, body),
            calls=calls,
            orders=block,
            record=record,
            verify=() if waived else compile_conditions(verify),
            implied=implied,
            waived=waived,
            lacking=needed - {call.name for call in calls},
        )

    def block(self, block: Mapping[str, Any], record: str, names: Mapping[str, frozenset[str]]) -> Block:
        many = "each" in block
        place = compile_place(block.get("each", block.get("at", "@")))
        own = frozenset().union(*(_calls(path, names) for option in place.options for path in option))
        keep = block.get("keep") or {}
        by_path = compile_conditions({left: want for left, want in keep.items() if is_path(left)})
        own |= _condition_calls(by_path, names)
        inner = dict(names)
        if "group_by" in block:
            inner["rows"] = frozenset()
        related = []
        for name, body in (block.get("with") or {}).items():
            related.append(_related(name, body))
            paths = [path for option in related[-1].place.options for path in option]
            inner[name] = _condition_calls(related[-1].keep, inner).union(*(_calls(path, inner) for path in paths))
        fields, keys = self.fields(block.get("fields") or {}, record, inner)
        return Block(
            many=many,
            place=place,
            keep=by_path,
            keep_fields=compile_conditions({left: want for left, want in keep.items() if not is_path(left)}),
            group_by=compile_path(block["group_by"]) if "group_by" in block else None,
            keyed=bool(block.get("keyed")),
            parse=block.get("parse"),
            related=tuple(related),
            fields=fields,
            keys=keys,
            calls=own,
            gathers=record == "order",
            inline="each" not in block and "at" not in block,
        )

    def fields(
        self, fields: Mapping[str, Any], record: str, names: Mapping[str, frozenset[str]]
    ) -> tuple[tuple[FieldPlan, ...], tuple[str, ...]]:
        """The fields in the order of evaluation, and all keys in the order in which they are shown."""
        known = self.catalogue.records[record].fields if record else self._extra_fields(fields)
        plans = [self.field(known[key], rule, names) for key, rule in fields.items()]
        plans.sort(key=lambda plan: plan.kind != CURRENCY)  # minor units need the currency first
        return tuple(plans), tuple(known)

    def _extra_fields(self, fields: Mapping[str, Any]) -> dict[str, Field]:
        kinds = {key: (self.extras.get(key) or {}).get("kind", TEXT) for key in fields}
        return {key: Field(key, key, kind, "") for key, kind in kinds.items()}

    def field(self, field: Field, rule: Any, names: Mapping[str, frozenset[str]]) -> FieldPlan:
        if field.kind in (OBJECT, LIST, EXTRA):
            compiled = self.block(rule if is_block(rule) else {"fields": rule}, field.record, names)
            calls = compiled.calls.union(*(inner.calls for inner in compiled.fields))
            return FieldPlan(field.key, field.kind, "", "", None, compiled, calls)
        compiled_rule = compile_rule(rule)
        paths = _rule_paths(compiled_rule)
        calls = frozenset().union(*(_calls(path, names) for path in paths))
        return FieldPlan(field.key, field.kind, field.raw, field.vocabulary, compiled_rule, None, calls)


def compile_rule(rule: Any) -> Rule:
    """The compiled form of a path, or of a table with a source and transforms."""
    if isinstance(rule, str):
        return Rule("path", compile_path(rule), bare=True)
    source = next(name for name in SOURCES if name in rule)
    null_when = rule.get("null_when") or ()
    return Rule(
        source=source,
        path=compile_path(rule["path"]) if source == "path" else None,
        parts=tuple(compile_rule(part) for part in rule[source]) if source in ("first", "join") else (),
        cases=tuple(map(_case, rule["cases"])) if source == "cases" else (),
        value=rule.get("value"),
        separator=text_of(rule["separator"])
        if "separator" in rule and not isinstance(rule["separator"], str)
        else rule.get("separator", " "),
        at=compile_place(rule["at"]) if "at" in rule else None,
        null_when=tuple(null_when) if isinstance(null_when, list) else (null_when,) if null_when != () else (),
        regex=rule.get("regex"),
        function=rule.get("function"),
        lookup=Lookup(rule["lookup"]) if "lookup" in rule else None,
        otherwise=rule.get("otherwise"),
        has_otherwise="otherwise" in rule,
        decimal=_amount(rule["decimal"]) if "decimal" in rule else None,
        datetime=_moment(rule["datetime"]) if "datetime" in rule else None,
        bare=set(rule) <= {"path", "note"},
    )


def _case(case: Mapping[str, Any]) -> Case:
    then = case.get("then")
    path = compile_path(then) if is_path_word(then) else None
    return Case(compile_conditions(case.get("when")), path, None if path else then)


def _amount(options: Any) -> Amount:
    options = options if isinstance(options, Mapping) else {}
    minor = options.get("minor_units", 0)
    return Amount(options.get("comma"), compile_path(minor) if isinstance(minor, str) else minor or 0)


def _moment(options: Any) -> Moment:
    options = options if isinstance(options, Mapping) else {"format": options}
    formats = options.get("format") or ()
    zone = options.get("timezone")
    return Moment(
        formats=(formats,) if isinstance(formats, str) else tuple(formats),
        clock=compile_path(options["time"]) if "time" in options else None,
        zone=compile_path(zone) if is_path(zone) else zone,
        epoch=options.get("epoch", ""),
    )


def _related(name: str, body: Mapping[str, Any]) -> Related:
    keep = compile_conditions(body.get("keep"))
    return Related(name, compile_place(body["each"]), keep, body.get("parse"), bool(body.get("keyed")))


def _calls(path: Path, names: Mapping[str, frozenset[str]]) -> frozenset[str]:
    if path.name is None:
        return frozenset()
    return names[path.name] if path.name in names else frozenset((path.name,))


def _condition_calls(conditions: Iterable[Condition], names: Mapping[str, frozenset[str]]) -> frozenset[str]:
    return frozenset().union(*(_calls(path, names) for path in _condition_paths(conditions)))


def _condition_paths(conditions: Iterable[Condition]) -> list[Path]:
    found = []
    for condition in conditions:
        found += [condition.path] if condition.path else []
        found += [want.value for test in condition.tests for want in test.wants if want.kind == "path"]
    return found


def _rule_paths(rule: Rule) -> list[Path]:
    """Every path that a rule reads."""
    found = [rule.path] if rule.path else []
    for part in rule.parts:
        found += _rule_paths(part)
    for case in rule.cases:
        found += ([case.path] if case.path else []) + _condition_paths(case.when)
    if rule.at:
        found += [path for option in rule.at.options for path in option]
    if rule.decimal and isinstance(rule.decimal.minor_units, Path):
        found.append(rule.decimal.minor_units)
    if rule.datetime:
        found += [path for path in (rule.datetime.clock, rule.datetime.zone) if isinstance(path, Path)]
    return found


def _call(call: Mapping[str, Any], index: int, per_order: frozenset[str]) -> Call:
    method = next((name for name in METHODS if name in call), "get")
    body_kind = next((name for name in BODIES if name in call), None)
    texts = [call.get(method) or "", *texts_in([call.get("query"), call.get("headers"), call.get(body_kind or "")])]
    name = call_name(call, index)
    paths = list(_template_paths(texts))
    over = compile_place(call["for_each"]) if call.get("for_each", "order") != "order" else None
    only_when = _optional(call.get("only_when"))
    read = [*paths, *_condition_paths(only_when or ()), *(over.options[0] if over else ())]
    return Call(
        name=name,
        method=method.upper(),
        url=call.get(method) or "",
        query=call.get("query") or {},
        headers=call.get("headers") or {},
        body_kind=body_kind,
        body=call.get(body_kind) if body_kind else None,
        reads=method == "get" or bool(call.get("reads")),
        format=call.get("format"),
        delimiter=call.get("delimiter"),
        encoding=call.get("encoding"),
        namespaces=call.get("namespaces"),
        for_each=name in per_order,
        only_when=only_when,
        required=bool(call.get("required")),
        not_found_when=_optional(call.get("not_found_when")),
        fail_when=_optional(call.get("fail_when")),
        pages=call.get("pages"),
        timeout_s=float(call["timeout_s"]) if call.get("timeout_s") is not None else None,
        item_paths=tuple(path for path in paths if path.root != "$"),
        declared=bool(call.get("reads")),
        quotes=call.get("quotes"),
        over=over,
        limit=call.get("limit"),
        sources=frozenset(path.name for path in read if path.name is not None),
        server=call.get("server") or "",
    )


def _optional(table: Mapping[str, Any] | None) -> Conditions | None:
    return compile_conditions(table) if table else None


def _template_paths(texts: Iterable[str]) -> list[Path]:
    found = []
    for text in texts:
        try:
            found += [part for part in compile_template(text) if isinstance(part, Path)]
        except TemplateError:
            continue
    return found


def _without_documents(body: Mapping[str, Any]) -> dict[str, Any]:
    """An operation without its GraphQL documents: their braces are GraphQL's, values enter by variables."""
    calls = [{**call, "graphql": {**call["graphql"], "document": ""}} if "graphql" in call else call
             for call in body.get("calls") or ()]  # fmt: skip
    return {**body, "calls": calls}


def _inputs(name: str, body: Mapping[str, Any]) -> tuple[str, ...]:
    """The inputs of an operation: declared, of a known find, or used anywhere in it."""
    found = dict.fromkeys(body.get("inputs") or ())
    if name in REQUIRED_WITH_INPUT:
        found[REQUIRED_WITH_INPUT[name][1]] = None
    for text in texts_in(_without_documents(body)):
        try:
            found.update((part.name, None) for part in compile_template(text) if isinstance(part, Input))
        except TemplateError:
            continue
    return tuple(found)
