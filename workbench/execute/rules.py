"""One field: its rule's source, its transforms in their order, and what the field's kind makes of the value."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Any, NamedTuple

from workbench.catalogue import CARRIER, CURRENCY, DECIMAL, STATUS, TEXT, TEXTS, TIME, catalogue, fold_carrier
from workbench.conditions import holds
from workbench.execute.items import Spot, place_items, without_keys
from workbench.execute.scope import Run, Scope, ScopeView, nodes_at
from workbench.paths import Path, number, scalars, text_of
from workbench.plan import Amount, FieldPlan, Moment, Rule
from workbench.transforms import (
    Chosen,
    Constant,
    Converted,
    ConvertedChosen,
    ConvertedConstant,
    Trouble,
    amount_text,
    call_function,
    matches,
    pattern,
    same_word,
    time_text,
    to_decimal,
    to_time,
    zone_of,
)

Finish = Callable[[Any], list[Any]]
"""A value -> the final values; none when there is no use for it."""

UNKNOWN = "unknown"
_WITHOUT_OFFSET = re.compile(r"[\d-]+T[\d:.]+")


class Pair(NamedTuple):
    """Our word and the merchant's own, and whether the document had a say in it."""

    ours: str
    raw: str | None
    found: bool = True


class FieldRun:
    """The evaluation of one field for one record; its scope is told when a value came out of the document."""

    __slots__ = ("field", "home", "run", "spot")

    def __init__(self, field: FieldPlan, home: Scope, run: Run) -> None:
        self.field, self.home, self.run = field, home, run
        self.spot = Spot(home, field.key)

    def value(self) -> Any:
        """The field's value: text, a list of texts, a `Pair`, or None."""
        values = unique(self.values(self.field.rule or Rule("value"), self.home, self.as_kind))
        if self.field.kind == TEXTS:
            return values or None
        if len(values) > 1:
            self.spot.report(
                f"{len(values)} different values, took the first", "name one of them in the path", "several_values"
            )
        return values[0] if values else None

    def values(self, rule: Rule, scope: Scope, finish: Finish) -> list[Any]:
        """The final values of a rule: what its source finds, through its transforms and then `finish`."""
        if rule.at is not None:
            inner = without_keys(place_items(rule.at, scope, self.run, self.spot))
            rest = rule._replace(at=None)
            return [value for item in inner for value in self.values(rest, item, finish)]
        through = finish if rule.bare else self._through(rule, finish, scope)
        if rule.path is not None:
            nodes = nodes_at(rule.path, scope, self.home, self.field.key)
            return [made for value in scalars(nodes) for made in through(value)]
        if rule.source == "first":
            for part in rule.parts:
                if found := self.values(part, scope, through):
                    return found
            return []
        if rule.source == "join":
            joined = self._joined(rule, scope)
            return [] if joined is None else through(joined)
        if rule.source == "value":
            return through(Constant(text_of(rule.value)))
        return self._cases(rule, scope, through)

    def _joined(self, rule: Rule, scope: Scope) -> str | None:
        """The first value of each part, put together; constants alone make no value."""
        pieces, found = [], False
        texts = FieldRun(self.field._replace(kind=TEXT), self.home, self.run)
        for part in rule.parts:
            values = texts.values(part, scope, texts._as_text)
            if values:
                pieces.append(values[0])
                found = found or not isinstance(values[0], Constant)
        return rule.separator.join(pieces) if found else None

    def _cases(self, rule: Rule, scope: Scope, through: Finish) -> list[Any]:
        for case in rule.cases:
            if holds(case.when, ScopeView(self.run, scope, self.home, self.field.key)):
                if case.path is not None:
                    nodes = nodes_at(case.path, scope, self.home, self.field.key)
                    return [made for value in scalars(nodes) for made in through(value)]
                word = text_of(case.word)
                return [] if case.word is None else through(Chosen(word) if case.when else Constant(word))
        return []

    # ------------------------------------------------------------ transforms

    def _through(self, rule: Rule, finish: Finish, scope: Scope) -> Finish:
        """The rule's transforms, in their one order, before `finish`; their paths start where the rule stands."""

        def through(value: Any) -> list[Any]:
            if isinstance(value, Pair):  # an option's own lookup has made it ours
                return finish(value)
            if rule.null_when and any(same_word(value, word) for word in rule.null_when):
                return []
            made = []
            constant = isinstance(value, Constant)
            for part in self._matched(rule, value):
                try:
                    part = self._transformed(rule, _as_constant(part, value) if constant else part, scope)
                except Trouble as trouble:
                    self.spot.report(trouble.what, trouble.how, trouble.code)
                    continue
                if part is not None:
                    made += finish(_as_constant(part, value) if constant else part)
            return made

        return through

    def _matched(self, rule: Rule, value: Any) -> list[Any]:
        if rule.regex is None:
            return [value]
        try:
            found = matches(pattern(rule.regex), value)
            return [*map(Converted, found)] if isinstance(value, Converted) else found
        except UnicodeEncodeError:  # half a surrogate pair, in a document that our decoder never saw
            self.spot.report("a text that is no Unicode", code="not_unicode")
            return []

    def _transformed(self, rule: Rule, value: Any, scope: Scope) -> Any:
        if rule.function is not None:
            made = call_function(rule.function, value)
            if made is None or (isinstance(made, str) and not made.strip()):
                return None
            value = _as_constant(made, value) if isinstance(value, Constant) else made
        if rule.lookup is not None:
            value = self._looked_up(rule, value)
        if (rule.decimal is not None or rule.datetime is not None) and isinstance(value, bool):
            value = self._without_truth(value)
        if value is None or isinstance(value, Pair):
            return value
        if rule.decimal is not None and not isinstance(value, Converted):
            return Converted(self._decimal(value, rule.decimal, scope))
        if rule.datetime is not None and not isinstance(value, Converted):
            text = self._time(value, rule.datetime, scope)
            return None if text is None else Converted(text)
        return value

    def _looked_up(self, rule: Rule, value: Any) -> Any:
        """Our word for theirs; of a status or carrier the pair of both."""
        if isinstance(value, Pair) or rule.lookup is None:
            return value
        known, ours = rule.lookup.find(value)
        paired = self.field.kind in (STATUS, CARRIER)
        raw = None if isinstance(value, Constant) else text_of(value)
        if not known:
            if rule.has_otherwise:
                ours = rule.otherwise
            elif paired and isinstance(value, Constant):
                return value
            else:
                self.spot.report("a word that the lookup does not know", "add it, or say otherwise:", "unknown_word")
                if self.field.kind != STATUS:
                    return value
                ours = UNKNOWN
        if ours is None:
            return None
        if paired:
            return Pair(text_of(ours), raw, _is_found(value))
        return text_of(ours)

    def _decimal(self, value: Any, options: Amount, scope: Scope) -> str:
        minor = options.minor_units
        if isinstance(minor, Path):
            digits = next(map(number, scalars(nodes_at(minor, scope, self.home, self.field.key))), None)
            if digits is None or digits != int(digits) or not 0 <= digits <= 9:
                raise Trouble("the number of minor units is not there", code="minor_units")
            minor = int(digits)
        elif minor is True:
            currency = self.home.money()
            if currency is None:
                raise Trouble(
                    "minor units need a currency", "map currency, or say decimal: {minor_units: 2}", "minor_units"
                )
            minor = catalogue().minor_units.get(currency.upper(), 2)
        return to_decimal(value, comma=options.comma, minor_units=int(minor))

    def _time(self, value: Any, options: Moment, scope: Scope) -> str | None:
        zone, clock = self.run.zone, None
        doubt: Trouble | None = None
        if options.zone:
            name = self._first_text(options.zone, scope) if isinstance(options.zone, Path) else options.zone
            try:
                zone = zone_of(name) if name else zone
            except Trouble as trouble:
                zone, doubt = None, trouble
        if options.clock is not None:
            clock = self._first_text(options.clock, scope)
        text = to_time(value, zone=zone, formats=options.formats, epoch=options.epoch, clock=clock)
        if doubt is not None and text is not None and _WITHOUT_OFFSET.fullmatch(text):
            self.spot.report(doubt.what, doubt.how, doubt.code)
        return text

    def _first_text(self, path: Path, scope: Scope) -> str | None:
        return next(map(text_of, scalars(nodes_at(path, scope, self.home, self.field.key))), None)

    # ------------------------------------------------------------ kinds

    def as_kind(self, value: Any) -> list[Any]:
        """What the field's kind makes of a value: one final value, or none."""
        try:
            made = self._of_kind(value)
        except Trouble as trouble:
            self.spot.report(trouble.what, trouble.how, trouble.code)
            return []
        if made is None:
            return []
        if made.found if isinstance(made, Pair) else _is_found(value):
            self.home.found = True
        return [made]

    def _of_kind(self, value: Any) -> Any:
        kind = self.field.kind
        if isinstance(value, Pair):
            return value
        if kind == STATUS:
            return self._status(value)
        if isinstance(value, bool):
            value = self._without_truth(value)
            if value is None:
                return None
        if kind == DECIMAL:
            return str(value) if isinstance(value, Converted) else amount_text(value) or to_decimal(value)
        if kind == TIME:
            if isinstance(value, Converted):
                return str(value)
            return time_text(value, self.run.zone) or to_time(value, zone=self.run.zone)
        text = text_of(value)
        if not text:
            return None
        if kind == CARRIER:
            raw = None if isinstance(value, Constant) else str(text)
            return Pair(carrier_code(str(text)), raw, _is_found(value))
        return text.upper() if kind == CURRENCY and len(text) == 3 and text.isalpha() else str(text)

    def _as_text(self, value: Any) -> list[Any]:
        """A part of a join."""
        if isinstance(value, Pair):
            return [value.ours]
        if isinstance(value, bool):
            try:
                value = self._without_truth(value)
            except Trouble as trouble:
                self.spot.report(trouble.what, trouble.how, trouble.code)
                return []
        if isinstance(value, Constant):
            return [value]
        text = "" if value is None else text_of(value)
        return [str(text)] if text else []

    def _status(self, value: Any) -> Pair:
        text = text_of(value)
        raw = None if isinstance(value, Constant) else str(text)
        ours = catalogue().words[self.field.vocabulary].get(text.casefold())
        if ours is None:
            self.spot.report("a status word without a lookup", "add it to the lookup", "unknown_word")
            return Pair(UNKNOWN, raw, _is_found(value))
        return Pair(ours, raw, _is_found(value))

    @staticmethod
    def _without_truth(value: bool) -> None:
        if value:
            raise Trouble("a truth value", "turn it into a word with lookup: or cases:", "truth_value")


def _is_found(value: Any) -> bool:
    """Whether the document had a say in a value."""
    return not isinstance(value, Constant) or isinstance(value, Chosen)


def _as_constant(made: Any, constant: Constant) -> Any:
    """What came of a constant, or of a chosen word, is one."""
    if isinstance(made, (Pair, Constant)):
        return made
    made = Converted(made) if isinstance(constant, Converted) else made
    chosen = isinstance(constant, Chosen)
    if isinstance(made, Converted):
        return ConvertedChosen(made) if chosen else ConvertedConstant(made)
    return Chosen(text_of(made)) if chosen else Constant(text_of(made))


@functools.lru_cache(maxsize=4096)
def carrier_code(name: str) -> str:
    """The canonical code of a carrier, or the text as it stands."""
    return catalogue().carrier_codes.get(fold_carrier(name), name)


def unique(values: list[Any]) -> list[Any]:
    """Each value once, in order."""
    return list(dict.fromkeys(values)) if len(values) > 1 else values
