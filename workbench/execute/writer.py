"""Python code written from a plan: the plain cases inline, every other one handed to the interpreter.

A generated function makes one record. Where a value is what its rule expects (text, a number, an object, a list of
objects) it is taken in place; a blank, a type that does not fit, a word that is not known, any rule with more than the
commonest transforms goes through `FieldRun`, so both ways give the same record and the same problems.

No text of a mapping ever becomes source: names, words and separators enter as objects of the function's namespace.
"""

from __future__ import annotations

from typing import Any

from workbench.catalogue import CARRIER, CURRENCY, DECIMAL, EXTRA, LIST, OBJECT, STATUS, TEXT, TEXTS, TIME, catalogue
from workbench.execute.plain import SPACE
from workbench.execute.shapes import only, only_if_found, plain_place
from workbench.paths import Path, text_of
from workbench.plan import Block, FieldPlan, Rule


def source_of(block: Block) -> tuple[str, dict[str, Any]]:
    """The generated source, and the namespace it runs in."""
    writer = _Writer()
    writer.function("make", block)
    return "\n".join(writer.done) + "\n", writer.space


class _Place:
    """An object that rules read from: its variable, the scope that a slow rule needs, and the prefixes at hand."""

    def __init__(self, item: str, scope: str, ensure: str | None) -> None:
        self.item, self.scope, self.ensure = item, scope, ensure
        self.prefixes: dict[tuple[str, ...], str] = {(): item}


class _Writer:
    """Writes one function a block; blocks that are more than a plain list or object get functions of their own."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.done: list[str] = []
        self.space: dict[str, Any] = dict(SPACE)
        self._count = 0
        self._constants: dict[tuple[type, Any], str] = {}
        self._currency: str | None = None

    # -------------------------------------------------------- names and lines

    def name(self, prefix: str) -> str:
        """A fresh variable."""
        self._count += 1
        return f"{prefix}{self._count}"

    def constant(self, value: Any) -> str:
        """The name under which a value of the mapping stands in the namespace."""
        if isinstance(value, str):
            known = self._constants.get((str, value))
            if known is None:
                known = self._constants[(str, value)] = self.name("K")
                self.space[known] = str(value)
            return known
        name = self.name("C")
        self.space[name] = value
        return name

    def emit(self, depth: int, *lines: str) -> None:
        """Writes lines at a depth."""
        self.lines += ["    " * depth + line for line in lines]

    # -------------------------------------------------------- records

    def function(self, name: str, block: Block) -> None:
        """A function `name(block, scope, run)` that makes the record of one item."""
        around, self.lines = (self.lines, self._currency), []
        self._currency = None
        self.emit(0, f"def {name}(block, scope, run):")
        self.emit(1, "o = scope.item", "t = type(o)", "zone = run.zone", "kept = scope.reports and scope.reports[:]")
        self.emit(1, "if t is dict: S = str; L = list", "elif t is Element: S = Text; L = Elements")
        self.emit(1, "else: return make_record(block, scope, run)", "try:")
        held: dict[str, str] = {}
        record = self.record(2, block, _Place("o", "scope", None), held)
        self.emit(2, *only_if_found(block, held, record), f"scope.found = bool({record})", f"return {record}")
        self.emit(1, "except Exhausted: raise", "except Exception:")
        self.emit(2, "pass")
        self.emit(
            1,
            "scope.reports = kept",
            "scope.currency = None",
            "scope.found = False",
            "return make_record(block, scope, run)",
            "",
        )
        self.done += self.lines
        self.lines, self._currency = around

    def record(self, depth: int, block: Block, place: _Place, held: dict[str, str] | None = None) -> str:
        """Writes what makes a record from a place; gives the variable that holds it, and adds those of its fields."""
        held = {} if held is None else held
        twins: dict[str, str] = {}
        for field in block.fields:
            variable = self.name("v")
            if field.block is not None:
                self.block(depth, field, field.block, place, variable)
            elif field.kind in (STATUS, CARRIER):
                twins[field.raw] = self.pair(depth, field, place, variable)
            else:
                self.field(depth, field, place, variable)
            held[field.key] = variable
            if field.kind == CURRENCY:
                self._currency = variable
                if place.ensure is None:
                    self.emit(depth, f"{place.scope}.currency = {variable}")
        if block.gathers:
            self.gather(depth, block, held, twins)
        return self.assembled(depth, block, held, twins)

    def assembled(self, depth: int, block: Block, held: dict[str, str], twins: dict[str, str]) -> str:
        """Writes the record itself. Most fields are there: all go in at once, and what is not there comes out again."""
        pairs: list[tuple[str, str]] = []
        for key in block.keys:
            variable, raw = held.get(key), twins.get(key)
            if variable is not None and raw is not None:
                self.emit(depth, f"if {variable} is None: {variable} = {raw}")
            if variable is not None or raw is not None:
                pairs.append((self.constant(key), variable or raw or ""))
        record = self.name("r")
        self.emit(depth, f"{record} = {{{', '.join(f'{key}: {variable}' for key, variable in pairs)}}}")
        self.emit(depth, *[f"if {variable} is None: del {record}[{key}]" for key, variable in pairs])
        return record

    def slowly(self, depth: int, field: FieldPlan, place: _Place, variable: str) -> None:
        """Writes the call of the interpreter for one field."""
        if place.ensure is not None:
            self.emit(depth, f"if {place.scope} is None: {place.scope} = {place.ensure}")
        self.emit(depth, f"{variable} = slow({self.constant(field)}, {place.scope}, run)")

    def gather(self, depth: int, block: Block, held: dict[str, str], twins: dict[str, str]) -> None:
        """Writes what an order takes from its parts, as `records.gather` does; only from parts that may have it."""
        inside = {field.key: {one.key for one in field.block.fields} for field in block.fields if field.block}
        shipments, returns = held.get("shipments"), held.get("returns")
        from_shipments = shipments if "tracking_number" in inside.get("shipments", ()) else None
        from_lines = held.get("lines") if "tracking_numbers" in inside.get("lines", ()) else None
        if from_shipments or from_lines:
            numbers = self.known(depth, held, "tracking_numbers")
            self.emit(depth, f"if {numbers} is None: {numbers} = numbers_of({from_shipments}, {from_lines})")
        if shipments and "carrier" in inside["shipments"]:
            self.pair_from(depth, held, twins, "carrier", f"carrier_of({shipments})")
        if returns:
            newest = self.name("n")
            self.emit(depth, f"if {returns} is None: {newest} = EMPTY", f"else: {newest} = newest_of({returns})")
            number = self.known(depth, held, "return_tracking_number")
            self.emit(depth, f"if {number} is None: {number} = {newest}.get('tracking_number')")
            words = f"({newest}.get('status'), {newest}.get('status_raw'))"
            self.pair_from(depth, held, twins, "return_status", words)

    def known(self, depth: int, variables: dict[str, str], key: str) -> str:
        """The variable of a field; one that has no rule gets an empty one."""
        if key not in variables:
            variables[key] = self.name("v")
            self.emit(depth, f"{variables[key]} = None")
        return variables[key]

    def pair_from(self, depth: int, held: dict[str, str], twins: dict[str, str], key: str, words: str) -> None:
        """Writes our word and theirs, where the field's own rule found nothing."""
        ours, raw = self.known(depth, held, key), self.known(depth, twins, f"{key}_raw")
        self.emit(depth, f"if {ours} is None: {ours}, {raw} = {words}")

    # -------------------------------------------------------- reading

    def read(self, depth: int, path: Path | None, place: _Place) -> str | None:
        """An expression for the node at a path of plain names from the item, or None when it is another path."""
        if path is None or path.root != "@" or path.key or not path.names or "#text" in path.names:
            return None
        holder = self.prefix(depth, path.names[:-1], place)
        return f"{holder}.get({self.constant(path.names[-1])})"

    def prefix(self, depth: int, names: tuple[str, ...], place: _Place) -> str:
        """The variable of an inner object, read once a record."""
        known = place.prefixes.get(names)
        if known is None:
            outer = self.prefix(depth, names[:-1], place)
            known = place.prefixes[names] = self.name("p")
            self.emit(depth, f"{known} = {outer}.get({self.constant(names[-1])})")
            self.emit(depth, f"if type({known}) is not t: {known} = inner({known}, t)")
        return known

    # -------------------------------------------------------- fields

    def field(self, depth: int, field: FieldPlan, place: _Place, variable: str) -> None:
        """Writes what evaluates a scalar field into a variable."""
        rule = field.rule or Rule("value")
        if field.kind in (TEXT, CURRENCY) and self.words(depth, field, rule, place, variable):
            if field.kind == CURRENCY:
                self.emit(depth, f"if {variable} is not None and len({variable}) == 3 and {variable}.isalpha():")
                self.emit(depth + 1, f"{variable} = {variable}.upper()")
            return
        read = self.read(depth, rule.path, place) if rule.source == "path" else None
        made = self.converted(field, rule, variable) if read is not None else None
        if made is None:
            self.slowly(depth, field, place, variable)
            return
        self.emit(depth, f"{variable} = {read}", f"if {variable} is not None:")
        inside = depth + 1
        if (
            field.kind == TIME
        ):  # the commonest shapes in place: a wrong date among them raises, and the interpreter tells
            plain = f"type({variable}) is str and {variable} > OLD"
            self.emit(
                inside, f"if {plain} and SHAPES.get({variable}[4::3]) == len({variable}): iso({variable})", "else:"
            )
            inside += 1
        elif field.kind == DECIMAL and rule.bare:  # quantities, as a rule
            whole = f"type({variable}) is int and -HUGE < {variable} < HUGE"
            self.emit(inside, f"if {whole}: {variable} = str({variable})", "else:")
            inside += 1
        self.emit(inside, f"{variable} = {made}")
        self.emit(inside, f"if {variable} is {'ODD' if field.kind == TEXTS else 'None'}:")
        self.slowly(inside + 1, field, place, variable)

    def converted(self, field: FieldPlan, rule: Rule, variable: str) -> str | None:
        """An expression that converts a plain value, or None when that takes the interpreter."""
        if rule.bare:
            simple = {DECIMAL: f"amount({variable})", TIME: f"time({variable}, zone)", TEXTS: f"texts({variable}, S)"}
            return simple.get(field.kind)
        if field.kind == DECIMAL and rule.decimal is not None and only(rule, "decimal") and rule.decimal.comma is None:
            units = rule.decimal.minor_units
            if units is True and self._currency is not None:
                table = self.constant(catalogue().minor_units)
                return f"minor({variable}, {table}.get({self._currency}, 2)) if {self._currency} else None"
            if type(units) is int:
                return f"minor({variable}, {units})"
        return None

    def words(self, depth: int, field: FieldPlan, rule: Rule, place: _Place, variable: str) -> bool:
        """Writes a text: a path, the first of several, or several joined; False when the rule is another."""
        if rule.source == "path" and rule.bare:
            read = self.read(depth, rule.path, place)
            if read is None:
                return False
            self.word(depth, read, variable)
            self.emit(depth + 1, f"if {variable} is ODD:")
            self.slowly(depth + 2, field, place, variable)
            return True
        if rule.source not in ("first", "join") or not only(rule):
            return False
        if not all(part.bare and part.source == "path" for part in rule.parts):
            return False
        reads = [self.read(depth, part.path, place) for part in rule.parts]
        if any(read is None for read in reads):
            return False
        if rule.source == "first":
            for index, read in enumerate(reads):
                inside = depth if index == 0 else depth + 1
                if index:
                    self.emit(depth, f"if {variable} is None:")
                self.word(inside, str(read), variable)
            self.emit(depth, f"if {variable} is ODD:")
            self.slowly(depth + 1, field, place, variable)
            return True
        parts = [self.name("w") for _ in reads]
        for read, part in zip(reads, parts, strict=True):
            self.word(depth, str(read), part)
        odd = " or ".join(f"{part} is ODD" for part in parts)
        self.emit(depth, f"if {odd}: {variable} = ODD")
        self.emit(depth, f"else: {variable} = {self.joined(rule.separator, parts)}")
        self.emit(depth, f"if {variable} is ODD:")
        self.slowly(depth + 1, field, place, variable)
        return True

    def joined(self, separator: str, parts: list[str]) -> str:
        """An expression for texts put together, missing ones left out; names have two parts as a rule."""
        between = self.constant(separator)
        if len(parts) == 2:
            one, other = parts
            return f"{other} if {one} is None else {one} if {other} is None else {one} + {between} + {other}"
        return f"{between}.join([w for w in ({', '.join(parts)},) if w is not None]) or None"

    def word(self, depth: int, read: str, variable: str) -> None:
        """Writes one text: trimmed, or None, or odd; its last line stands where the value was no plain text."""
        self.emit(depth, f"{variable} = {read}")
        self.emit(depth, f"if type({variable}) is S: {variable} = {variable}.strip() or None")
        self.emit(depth, f"elif type({variable}) is int: {variable} = str({variable})")
        self.emit(depth, f"elif {variable} is not None:", f"    {variable} = text({variable})")

    def pair(self, depth: int, field: FieldPlan, place: _Place, variable: str) -> str:
        """Writes a status or carrier: our word into the variable, theirs into the one that is given back."""
        raw, rule = self.name("w"), field.rule or Rule("value")
        plain = rule.source == "path" and (rule.bare or (field.kind == STATUS and only(rule, "lookup")))
        read = self.read(depth, rule.path, place) if plain else None
        if read is None:
            self.slowly(depth, field, place, variable)
            self.emit(depth, f"if {variable} is None: {raw} = None", f"else: {variable}, {raw}, _ = {variable}")
            return raw
        self.word(depth, read, raw)
        if field.kind == CARRIER:
            ours = f"None if {raw} is None or {raw} is ODD else carrier({raw})"
        else:
            table = {word: word for word in catalogue().words[field.vocabulary]}
            if rule.lookup is not None:
                table = {word: text_of(ours) for word, ours in rule.lookup.exact.items() if ours is not None}
            ours = f"{self.constant(table)}.get({raw})"
        self.emit(depth, f"{variable} = {ours}")
        self.emit(depth, f"if {variable} is None and {raw} is not None:")
        self.slowly(depth + 1, field, place, variable)
        self.emit(depth + 1, f"if {variable} is None: {raw} = None", f"else: {variable}, {raw}, _ = {variable}")
        return raw

    # -------------------------------------------------------- blocks

    def block(self, depth: int, field: FieldPlan, block: Block, place: _Place, variable: str) -> None:
        """Writes a list or object field into a variable."""
        path = plain_place(block)
        read = None
        if path is not None:
            read = place.item if not path.steps and path.root == "@" and not path.key else self.read(depth, path, place)
        if read is None or field.kind not in (LIST, OBJECT, EXTRA):
            self.general(depth, field, block, place, variable, own=True)
        elif field.kind == LIST:
            self.list(depth, field, block, place, variable, read)
        else:
            self.object(depth, field, block, place, variable, read)

    def general(self, depth: int, field: FieldPlan, block: Block, place: _Place, variable: str, *, own: bool) -> None:
        """Writes the call that evaluates a block item by item, each by a function of its own or by the interpreter."""
        make = "make_record"
        if own:
            make = self.name("make")
            self.function(make, block)
        if place.ensure is not None:
            self.emit(depth, f"if {place.scope} is None: {place.scope} = {place.ensure}")
        arguments = f"{self.constant(field)}, {self.constant(block)}, {place.scope}, run, {make}"
        self.emit(depth, f"{variable} = block_value({arguments})")

    def list(self, depth: int, field: FieldPlan, block: Block, place: _Place, variable: str, read: str) -> None:
        """Writes a list of plain objects as a loop."""
        items, item, scope = self.name("i"), self.name("o"), self.name("s")
        self.emit(depth, f"{items} = rows({read}, t, L)", f"if {items} is None:")
        self.general(depth + 1, field, block, place, variable, own=False)
        self.emit(depth, "else:")
        inside = depth + 1
        index = self.name("n")
        self.emit(inside, f"{variable} = []", f"for {index}, {item} in enumerate({items}):", f"    {scope} = None")
        inner = _Place(item, scope, f"Scope({item}, {self.around(place)}, {index})")
        record = self.record(inside + 1, block, inner)
        where = f"{{{self.constant(field.key)}}}[{{len({variable})}}]"
        self.lifted(inside + 1, inner, place, record, f'f"{where}" if {record} else {self.constant(field.key)}')
        self.emit(inside + 1, f"if {record}: {variable}.append({record})")
        self.emit(inside, f"if not {variable}: {variable} = None")

    def object(self, depth: int, field: FieldPlan, block: Block, place: _Place, variable: str, read: str) -> None:
        """Writes a plain object's fields in place."""
        item, scope = self.name("o"), self.name("s")
        self.emit(depth, f"{item} = {read}", f"if {item} is None: {variable} = None", f"elif type({item}) is not t:")
        self.general(depth + 1, field, block, place, variable, own=False)
        self.emit(depth, "else:", f"    {scope} = None")
        around = self.around(place)
        inner = _Place(item, scope, f"{around}.twin()" if block.inline else f"Scope({item}, {around})")
        record = self.record(depth + 1, block, inner)
        self.lifted(depth + 1, inner, place, record, self.constant(field.key))
        self.emit(depth + 1, f"{variable} = {record} or None")

    def around(self, place: _Place) -> str:
        """The scope around an inner item; an inner place makes its own when it is first needed."""
        return place.scope if place.ensure is None else f"({place.scope} or {place.ensure})"

    def lifted(self, depth: int, inner: _Place, place: _Place, record: str, where: str) -> None:
        """Writes what hands the problems of an inner record outwards; what is no item has none."""
        reports = f"{inner.scope} is not None and {inner.scope}.reports"
        self.emit(depth, f"if {reports} and ({record} or not nothing({inner.item})):")
        if place.ensure is not None:
            self.emit(depth + 1, f"if {place.scope} is None: {place.scope} = {place.ensure}")
        self.emit(depth + 1, f"lift({inner.scope}.reports, {place.scope}, {where})")
