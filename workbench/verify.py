"""Whether a version still fits what the merchant sends: on its samples, or live; what drifted, and what that breaks."""

from __future__ import annotations

import html
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from workbench.calls import Exchange
from workbench.connect.opening import open_plan, probe_of
from workbench.errors import UsageError, WorkbenchError
from workbench.merchant import open_merchant
from workbench.orders import Result
from workbench.pick import problem_field
from workbench.pick.places import Read, places_read
from workbench.pseudonyms import Named
from workbench.runtime import Mapping as Runnable
from workbench.samples import Sample, fields_seen, load_samples, read_golden, recorded, replay_all, summed
from workbench.samples.documents import customer_of, documents_by_call, sample_of
from workbench.tree import Change, Tree, merge_alike
from workbench.versions import Folder, Version

REPLAY, LIVE = "replay", "live"
BREAKING, HARMLESS = "breaks", "harmless"
_INPUTS = {"find_orders_by_email": "email", "find_order_by_number": "number"}
_SHOWN = 5  # fields of a finding that are named; a list that shrinks hits dozens
_SHAPES = {"object", "list"}
_WITHHELD = "withheld"
_LESS = 0.5  # a field that is there half as often as in the evidence is worth a word


class Finding(NamedTuple):
    """What is not as it was.

    Attributes:
        kind: `breaks` or `harmless`.
        what: The fact, without a value.
        where: The node of the answer, or the place in the result.
        fields: The business fields that it hits.
    """

    kind: str
    what: str
    where: str
    fields: tuple[str, ...] = ()

    @property
    def hits(self) -> str:
        """The fields in words; of many the first ones, and how many more there are."""
        shown, more = self.fields[:_SHOWN], len(self.fields) - _SHOWN
        return ", ".join(shown) + (f" and {more} more" if more > 0 else "")

    @property
    def text(self) -> str:
        """The finding as one line."""
        hit = f" (hits {self.hits})" if self.fields else ""
        return f"{self.what} @ {self.where}{hit}"


class Coverage(NamedTuple):
    """How often a field was there.

    Attributes:
        field: The business field.
        now: `11 of 12` orders of this run.
        evidence: The same when the version was exported; empty where it was not seen then.
    """

    field: str
    now: str
    evidence: str


@dataclass(frozen=True)
class Report:
    """What verifying a version found.

    Attributes:
        merchant: The merchant.
        version: The version.
        mode: `replay` or `live`.
        orders: How many orders came out.
        findings: What is not as it was, what breaks the mapping first.
        coverage: Every field, with how often it was there.
        searches: What was looked up, in words, without a value.
    """

    merchant: str
    version: str
    mode: str
    orders: int
    findings: tuple[Finding, ...]
    coverage: tuple[Coverage, ...]
    searches: tuple[str, ...] = field(default=())

    @property
    def ok(self) -> bool:
        """Whether nothing breaks the mapping."""
        return not any(finding.kind == BREAKING for finding in self.findings)

    def raise_if_broken(self) -> None:
        """Fails a run when the merchant breaks the mapping.

        Raises:
            WorkbenchError: Something breaks it; the message says what.
        """
        broken = [finding.text for finding in self.findings if finding.kind == BREAKING]
        if broken:
            raise WorkbenchError("\n".join([f"{self.merchant} {self.version} is broken:", *broken]))

    def to_dict(self) -> dict[str, Any]:
        """The report as plain data."""
        return {
            "merchant": self.merchant,
            "version": self.version,
            "mode": self.mode,
            "ok": self.ok,
            "orders": self.orders,
            "findings": [{**finding._asdict(), "fields": list(finding.fields)} for finding in self.findings],
            "coverage": [line._asdict() for line in self.coverage],
            "searches": list(self.searches),
        }

    def summary(self) -> str:
        """The report in one line."""
        broken = sum(finding.kind == BREAKING for finding in self.findings)
        said = f"{broken} breaking" if broken else "fits"
        counts = f"{_counted(self.orders, 'order')}, {_counted(len(self.findings), 'finding')}"
        return f"{self.merchant} {self.version} ({self.mode}): {said}, {counts}"

    def __repr__(self) -> str:
        return self.summary()

    def html(self) -> str:
        """The report as a page of its own, without a value."""
        mood = "fits" if self.ok else "broken"
        parts = [f"<h1>{_safe(self.merchant)} {_safe(self.version)}: {mood}</h1><p>{_safe(self.summary())}</p>"]
        if self.searches:
            parts.append(f"<ul>{''.join(f'<li>{_safe(line)}</li>' for line in self.searches)}</ul>")
        rows = [(one.kind, one.what, one.where, one.hits) for one in self.findings]
        parts.append(_table("What is not as it was", ("", "what", "where", "fields"), rows) if rows else "")
        parts.append(_table("Fields", ("field", "now", "when exported"), self.coverage))
        return _PAGE.format(title=_safe(f"{self.merchant} {self.version}"), body="".join(parts))


def verify(
    folder: str | os.PathLike[str],
    version: str | None = None,
    *,
    mode: str = REPLAY,
    environment: str | None = None,
    numbers: Iterable[str] = (),
) -> Report:
    """Whether a version still fits what the merchant sends.

    Args:
        folder: The merchant's folder.
        version: The version; the released one unless given, else the newest.
        mode: `replay` runs it over its samples and their golden results, without a network; `live` looks the probe's
            order up and compares the answers with the samples.
        environment: Of the connection, for `live`; production unless given.
        numbers: Fresh order numbers to look up as well, for `live`.

    Raises:
        UsageError: No such version or mode, or there is nothing to verify with.
        MappingError: The version or its samples cannot be used.
        SecretMissing: References without a value.
    """
    if mode not in (REPLAY, LIVE):
        raise UsageError(f"no mode {mode!r} - replay or live")
    home = Folder(folder)
    chosen = Version.parse(version) if version else home.released() or home.newest()
    if chosen is None:
        raise UsageError(f"no version in {home.path} - export one first")
    mapping = Runnable(home.read(chosen))
    samples = load_samples(home.path)
    if mode == REPLAY:
        return _replayed(mapping, home, samples)
    return _live(mapping, home.file(chosen), samples, environment, list(numbers))


# ---------------------------------------------------------------- on the samples


def _replayed(mapping: Runnable, home: Folder, samples: Sequence[Sample]) -> Report:
    if not samples:
        raise UsageError(f"no samples in {home.path} - fetch some in the notebook, or verify live")
    replayed = replay_all(mapping, home.path, samples)
    findings = []
    for change in summed(one.differences for one in replayed if one.differences is not None):
        findings.append(Finding(BREAKING, change.text, "golden results", (change.field,)))
    results = [one.result for one in replayed]
    return _report(mapping, REPLAY, results, findings, ())


# ---------------------------------------------------------------- live


def _live(
    mapping: Runnable, file: Path, samples: Sequence[Sample], environment: str | None, numbers: Sequence[str]
) -> Report:
    asked = _asked(mapping, file, environment, numbers)
    if not asked:
        raise UsageError("nothing to look up - name a probe in the connection, or give order numbers")
    findings: list[Finding] = []
    results: list[Result] = []
    told: list[str] = []
    fresh: list[Sample] = []
    careless = _careless(file.parent, samples)
    for index, (operation, inputs) in enumerate(asked):
        exchanges: list[Exchange] = []
        said = f"{operation} by {', '.join(inputs)}"
        try:
            with open_merchant(file, environment or "production", on_exchange=exchanges.append) as opened:
                result = opened.lookup(operation, **inputs)
        except WorkbenchError as error:
            findings.append(Finding(BREAKING, str(error), operation))
            told.append(f"{said}: failed")
        else:
            results.append(_without_withheld(result) if operation in careless else result)
            told.append(f"{said}: {result.outcome}, {_counted(len(result.orders), 'order')}")
            if result.outcome != "found":
                findings.append(
                    Finding(BREAKING, f"{result.outcome}: what the probe asks for does not come", operation)
                )
        answers = [answer for answer in map(recorded, exchanges) if answer is not None]
        if answers:
            fresh.append(sample_of(f"live-{index + 1}", operation, inputs, answers, datetime.now(UTC)))
    customer = customer_of([*samples, *fresh])
    for operation in dict.fromkeys(operation for operation, _ in asked):
        findings += _drift(mapping, operation, samples, fresh, customer)
    return _report(mapping, LIVE, results, findings, tuple(told))


def _careless(home: Path, samples: Sequence[Sample]) -> set[str | None]:
    """The operations whose search has always sent orders of others, which the check after it keeps out."""
    goldens = ((sample.operation, read_golden(home, sample.name) or {}) for sample in samples)
    return {
        operation
        for operation, golden in goldens
        if any(problem.get("code") == _WITHHELD for problem in golden.get("problems", ()))
    }


def _without_withheld(result: Result) -> Result:
    return replace(result, problems=[problem for problem in result.problems if problem.code != _WITHHELD])


def _asked(
    mapping: Runnable, file: Path, environment: str | None, numbers: Sequence[str]
) -> list[tuple[str, dict[str, str]]]:
    probe = probe_of(open_plan(file, environment or "production"))
    asked = [
        (operation, {name: probe[name]})
        for operation, name in _INPUTS.items()
        if operation in mapping.plan.operations and probe.get(name)
    ]
    if "find_order_by_number" in mapping.plan.operations:
        asked += [("find_order_by_number", {"number": number}) for number in numbers]
    return asked


def _drift(
    mapping: Runnable, operation: str, samples: Sequence[Sample], fresh: Sequence[Sample], customer: Named
) -> list[Finding]:
    """How the answers of today differ from the samples, and which fields that hits; no key that is a value counts."""
    known = documents_by_call(mapping.plan, operation, samples)
    today = documents_by_call(mapping.plan, operation, fresh)
    trees = {call: merge_alike(_flat(each), _flat(today[call])) for call, each in known.items()}
    reads = places_read(mapping.file.data, operation, {call: before for call, (before, _) in trees.items()})
    findings = []
    for call, (tree, after) in trees.items():
        if not tree.nodes or not after.nodes:
            continue
        for change in tree.differences(after):
            hit = tuple(dict.fromkeys(_hit(change, call, reads)))
            if not hit and customer.in_place(change.where):
                continue  # a place that is read stands in the mapping anyway
            findings.append(Finding(_kind(change, tree, hit), _words(change), f"{call} {change.where}", hit))
    return findings


def _flat(documents: Sequence[Sequence[Any]]) -> list[Any]:
    return [document for each in documents for document in each]


def _hit(change: Change, call: str, reads: Sequence[Read]) -> Iterable[str]:
    """The fields that read a node, or something inside it."""
    for read in reads:
        inside = read.place == change.where or read.place.startswith((f"{change.where}.", f"{change.where}["))
        if read.call == call and inside:
            yield read.field


def _kind(change: Change, before: Tree, hit: Sequence[str]) -> str:
    """Whether a change breaks the mapping. A node that was not always there may be missing by chance."""
    if not hit or change.what in ("new", "presence"):
        return HARMLESS
    node = before.find(change.where)
    if change.what == "gone":
        return BREAKING if node is not None and node.always else HARMLESS
    was, now = (set(side.split(", ")) for side in (change.before, change.after))
    fresh = now - was  # what was seen before is no news, even where it is all that comes today
    lost = was & _SHAPES and not now & _SHAPES
    return BREAKING if fresh & _SHAPES or (fresh and lost) else HARMLESS


def _words(change: Change) -> str:
    if change.what == "type":
        return _of_types(*(set(side.split(", ")) for side in (change.before, change.after)))
    if change.what == "presence":
        return f"there in {change.after} instead of {change.before}"
    return {"new": f"new: {change.after}", "gone": f"gone: {change.before}"}[change.what]


def _of_types(before: set[str], after: set[str]) -> str:
    """A change of types for people; most are about what was or was not empty this time."""
    gone, come = ", ".join(sorted(before - after)), ", ".join(sorted(after - before))
    if not come:
        return f"never {gone} this time"
    return f"{come} as well" if not gone else f"{gone} became {come}"


# ---------------------------------------------------------------- the report


def _report(
    mapping: Runnable, mode: str, results: Sequence[Result], findings: list[Finding], searches: tuple[str, ...]
) -> Report:
    if mode == LIVE:
        findings = findings + _problems(results)
    seen = fields_seen(results)
    evidence: Mapping[str, str] = (mapping.file.data.get("evidence") or {}).get("fields_seen") or {}
    lines = [Coverage(name, seen.get(name, ""), evidence.get(name, "")) for name in dict.fromkeys([*evidence, *seen])]
    if mode == REPLAY:
        for line in lines:
            if _share(line.evidence) and _share(line.now) < _share(line.evidence) * _LESS:
                findings.append(
                    Finding(BREAKING, f"there in {line.now or 'none'} instead of {line.evidence}", line.field)
                )
    findings.sort(key=lambda one: one.kind != BREAKING)
    orders = sum(len(result.orders) for result in results)
    version = mapping.version or ""
    return Report(mapping.merchant, version, mode, orders, tuple(dict.fromkeys(findings)), tuple(lines), searches)


def _problems(results: Sequence[Result]) -> list[Finding]:
    """What did not fit while mapping, each kind once with the number of times."""
    counts: dict[tuple[str, str], int] = {}
    for result in results:
        for problem in result.problems:
            key = problem_field(problem) or problem.where, problem.what
            counts[key] = counts.get(key, 0) + 1
    return [
        Finding(BREAKING, f"{what} ({count} times)" if count > 1 else what, where, (where,))
        for (where, what), count in counts.items()
    ]


def _share(text: str) -> float:
    """`11 of 12` as a number."""
    some, _, every = text.partition(" of ")
    return int(some) / int(every) if some.isdigit() and every.isdigit() and int(every) else 0.0


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'s' * (count != 1)}"


def _safe(text: str) -> str:
    return html.escape(text)


def _table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f"<th>{_safe(name)}</th>" for name in columns)
    body = "".join(
        f'<tr class="{_safe(row[0])}">{"".join(f"<td>{_safe(cell)}</td>" for cell in row)}</tr>' for row in rows
    )
    return f"<h2>{_safe(title)}</h2><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>
body {{ font: 15px/1.5 system-ui, sans-serif; margin: 2em auto; max-width: 60em; padding: 0 1em; }}
body {{ color: #1f2328; background: #fff; }} table {{ border-collapse: collapse; }}
th, td {{ text-align: left; padding: 3px 14px 3px 0; border-bottom: 1px solid #d4d8dd; vertical-align: top; }}
td:nth-child(2) {{ min-width: 12em; }}
tr.breaks td {{ background: #fdecc8; }}
</style></head><body>{body}</body></html>
"""
