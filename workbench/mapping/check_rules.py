"""The checks of rules: one field, its source and its transforms."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from workbench.catalogue import STATUS, Field, catalogue
from workbench.mapping.check_conditions import check_conditions, check_word
from workbench.mapping.report import Report, Spot, choices, is_scalar, meant
from workbench.mapping.sight import Sight, check_path
from workbench.mapping.source import shortened
from workbench.paths import is_path, is_path_word, text_of
from workbench.transforms import Trouble, functions, pattern, zone_of

SOURCES = ("path", "first", "join", "cases", "value")
TRANSFORMS = ("at", "null_when", "regex", "function", "lookup", "otherwise", "decimal", "datetime", "separator", "note")
RULE_KEYS = (*SOURCES, *TRANSFORMS)
CASE_KEYS = ("when", "then")
DECIMAL_KEYS = ("minor_units", "comma")
DATETIME_KEYS = ("format", "time", "timezone", "epoch")
DEEPEST = 12
"""Rules inside rules: more than any field needs, and far from the stack's end."""

_DIRECTIVE = re.compile(r"%(.?)", re.S)
_DIRECTIVES = "aAbBcdfHIjmMpSUwWxXyYzZ%"
_DAYS = frozenset("cdjx")


class Aim(NamedTuple):
    """What a rule's values are for.

    Attributes:
        words: Our words for a status, where the rule has to give one; else empty.
    """

    words: frozenset[str] = frozenset()

    @classmethod
    def of(cls, field: Field | None) -> Aim:
        """The aim of a field's rule."""
        if field is None or field.kind != STATUS:
            return cls()
        return cls(frozenset(catalogue().words[field.vocabulary]))


def check_rule(report: Report, rule: Any, spot: Spot, sight: Sight, aim: Aim, depth: int = 0) -> None:
    """Checks a path, or a table with a source and transforms."""
    if isinstance(rule, str):
        check_path(report, rule, spot, sight)
        return
    if not isinstance(rule, dict):
        how = "write a path or a table of keys; for a fixed value {value: ...}"
        report.add("nothing" if rule is None else "no rule", spot, how, "wrong_type")
        return
    if depth > DEEPEST:
        report.add("rules inside rules without end", spot, "say it in one rule", "too_deep")
        return
    for key in rule:
        if key not in RULE_KEYS:
            report.unknown_key(str(key), spot, RULE_KEYS)
    if sum(source in rule for source in SOURCES) != 1:
        what = f"needs exactly one of {', '.join(SOURCES)}"
        report.add(what, spot, "say where the value comes from", "needs_source")
    _check_pairs(report, rule, spot)
    inner = sight
    if "at" in rule:
        check_path(report, rule["at"], spot.part("at"), sight)
        inner = sight.further(1)
    _check_source(report, rule, spot, inner, aim, depth)
    _check_transforms(report, rule, spot, inner, aim)


def _check_pairs(report: Report, rule: dict[str, Any], spot: Spot) -> None:
    """Keys that mean nothing without, or beside, another."""
    if "cases" in rule and "lookup" in rule:
        how = "the words after then: are ours already; drop lookup:"
        report.add("lookup: beside cases:", spot.part("lookup"), how, "conflict")
    if "otherwise" in rule and "lookup" not in rule:
        report.add("otherwise: without lookup:", spot.part("otherwise"), "add lookup:, or drop it", "needs_key")
    if "separator" in rule and "join" not in rule:
        report.add("separator: without join:", spot.part("separator"), "add join:, or drop it", "needs_key")
    if "decimal" in rule and "datetime" in rule:
        report.add("decimal: beside datetime:", spot.part("datetime"), "keep one of them", "conflict")


def _check_source(report: Report, rule: dict[str, Any], spot: Spot, sight: Sight, aim: Aim, depth: int) -> None:
    inner = Aim() if "lookup" in rule else aim
    if "path" in rule:
        check_path(report, rule["path"], spot.part("path"), sight)
    for source in ("first", "join"):
        if source in rule:
            at = spot.part(source)
            for index, part in enumerate(report.items(rule[source], at, "list the rules, or paths") or ()):
                check_rule(report, part, at.part(index), sight, inner if source == "first" else Aim(), depth + 1)
    if "cases" in rule:
        _check_cases(report, rule["cases"], spot, sight, inner)
    if "value" in rule:
        _check_constant(report, rule["value"], spot.part("value"), inner)


def _check_constant(report: Report, value: Any, spot: Spot, aim: Aim) -> None:
    if not is_scalar(value):
        report.wrong(value, spot, "a text, a number or a truth value")
    elif isinstance(value, str) and not value.strip():
        report.add("a blank text", spot, "write the constant", "empty")
    else:
        check_status(report, value, spot, aim)


def check_status(report: Report, word: Any, spot: Spot, aim: Aim) -> None:
    """Whether a word is one of our statuses, where it must be."""
    if not aim.words or word is None or not is_scalar(word):
        return
    text = text_of(word)
    if text not in aim.words:
        how = choices(text, sorted(aim.words), 3)
        report.add(f"{shortened(text)!r} is no status of ours", spot, how, "unknown_status")


def _check_cases(report: Report, cases: Any, spot: Spot, sight: Sight, aim: Aim) -> None:
    last = False
    for index, case in enumerate(report.items(cases, spot.part("cases"), "list cases: {when: ..., then: ...}") or ()):
        at = spot.part("cases", index)
        table = report.table(case, at, CASE_KEYS, "write {when: ..., then: ...}")
        if table is None:
            continue
        if last:
            how = "put the case without when: last"
            report.add("never reached: a case without when: stands before it", at, how, "never_reached")
        last = last or "when" not in table
        if "when" in table:
            check_conditions(report, table["when"], at.part("when"), sight)
        if "then" not in table:
            report.add("a case without then:", at, "say the word, or null for none", "needs_key")
        elif table["then"] is not None:
            then = table["then"]
            check_word(report, then, at.part("then"), sight)
            if not is_path_word(then):
                check_status(report, then, at.part("then"), aim)


# ---------------------------------------------------------------- transforms


def _check_transforms(report: Report, rule: dict[str, Any], spot: Spot, sight: Sight, aim: Aim) -> None:
    if "null_when" in rule:
        words = rule["null_when"]
        for word in (report.items(words, spot.part("null_when")) or []) if isinstance(words, list) else [words]:
            if not is_scalar(word):
                report.wrong(word, spot.part("null_when"), "a word or a list of words")
    if "regex" in rule:
        _check_regex(report, rule["regex"], spot.key("regex"))
    if "function" in rule:
        _check_function(report, rule["function"], spot.key("function"))
    if "lookup" in rule:
        _check_lookup(report, rule["lookup"], spot, aim)
    if "otherwise" in rule:
        _check_ours(report, rule["otherwise"], spot.part("otherwise"), aim)
    if "decimal" in rule:
        _check_decimal(report, rule["decimal"], spot.key("decimal"), sight)
    if "datetime" in rule:
        _check_datetime(report, rule["datetime"], spot.key("datetime"), sight)
    if "separator" in rule and not isinstance(rule["separator"], str):
        report.wrong(rule["separator"], spot.part("separator"), "a text")
    if "note" in rule:
        report.text(rule["note"], spot.part("note"))


def _check_regex(report: Report, text: Any, spot: Spot) -> None:
    if report.text(text, spot) is None:
        return
    try:
        pattern(text)
    except ValueError as error:
        why = shortened(str(error), 120)
        report.add(f"RE2 refuses the pattern: {why}", spot, "no look-around and no back-references", "bad_pattern")


def _check_function(report: Report, name: Any, spot: Spot) -> None:
    if report.text(name, spot) is not None and name not in functions():
        how = "install the package that registers it" + meant(name, functions())
        report.add(f"no function {shortened(name)!r}", spot, how, "unknown_function")


def _check_lookup(report: Report, table: Any, spot: Spot, aim: Aim) -> None:
    at = spot.part("lookup")
    for theirs, ours in (report.table(table, at, None, "write {THEIRS: OURS}") or {}).items():
        _check_ours(report, ours, at.part(theirs), aim)


def _check_ours(report: Report, ours: Any, spot: Spot, aim: Aim) -> None:
    if ours is not None and not is_scalar(ours):
        report.wrong(ours, spot, "a word of ours")
    check_status(report, ours, spot, aim)


def _check_decimal(report: Report, options: Any, spot: Spot, sight: Sight) -> None:
    if options == {}:
        return  # "a number, whatever the field's kind"
    table = report.table(options, spot, DECIMAL_KEYS, "write {minor_units: true}, or {comma: true}") or {}
    if "comma" in table:
        report.flag(table["comma"], spot.part("comma"))
    if "minor_units" not in table:
        return
    digits, at = table["minor_units"], spot.part("minor_units")
    if isinstance(digits, str):
        check_path(report, digits, at, sight)
    elif digits is not True and (not isinstance(digits, int) or isinstance(digits, bool) or not 0 <= digits <= 9):
        how = "write true (the currency knows), a number of digits, or the path of one"
        report.add("minor_units: is none of true, 0 to 9, or a path", at, how, "wrong_type")


def _check_datetime(report: Report, options: Any, spot: Spot, sight: Sight) -> None:
    if not isinstance(options, dict):
        _check_formats(report, options, spot)
        return
    table = report.table(options, spot, DATETIME_KEYS) or {}
    if "format" in table:
        _check_formats(report, table["format"], spot.key("format"))
    if "time" in table:
        check_path(report, table["time"], spot.key("time"), sight)
    if "timezone" in table:
        check_zone(report, table["timezone"], spot.key("timezone"), sight)
    if "epoch" in table:
        report.word(table["epoch"], spot.key("epoch"), ("s", "ms"))
        if "format" in table or "time" in table:
            report.add("epoch: beside format: or time:", spot, "a number since 1970 has no format", "conflict")


def _check_formats(report: Report, formats: Any, spot: Spot) -> None:
    how = 'write a pattern of strptime such as "%d.%m.%Y", or {format, time, timezone, epoch}'
    for index, text in enumerate((report.items(formats, spot) or []) if isinstance(formats, list) else [formats]):
        at = spot.part(index) if isinstance(formats, list) else spot
        if not isinstance(text, str) or not text.strip():
            report.wrong(text, at, "a pattern of dates", how)
            continue
        found = _DIRECTIVE.findall(text)
        wrong = next((one for one in found if not one or one not in _DIRECTIVES), None)
        named = [one for one in found if one != "%"]
        if wrong is not None:
            letters = " ".join(_DIRECTIVES)
            report.add(f"'%{wrong}' is no part of a date pattern", at, f"one of {letters} after %", "bad_format")
        elif len(set(named)) < len(named):
            report.add("a part of the date comes twice in the pattern", at, "name each part once", "bad_format")
        elif not _DAYS & set(named):
            report.add("a date pattern without a day", at, how, "bad_format")


def check_zone(report: Report, zone: Any, spot: Spot, sight: Sight | None = None) -> None:
    """Checks a time zone: a name, an offset, or, where there is something to see, a path."""
    how = "write a name such as Europe/Berlin, or an offset such as +02:00"
    if not isinstance(zone, str):
        report.wrong(zone, spot, "a time zone", how)
    elif sight is not None and is_path(zone):
        check_path(report, zone, spot, sight)
    else:
        try:
            zone_of(zone)
        except Trouble:
            report.add(f"{shortened(zone)!r}: no time zone", spot, how + meant(zone, _zones()), "timezone")


def _zones() -> set[str]:
    import zoneinfo

    return zoneinfo.available_timezones()
