"""Load and map: the mapping file's model, the decoder and the executor together. No network.

mapping = load("mappings/northwind")
result = mapping.map(response_bytes, inputs={"email": "jane@example.com"})
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable
from collections.abc import Mapping as Table
from datetime import datetime
from pathlib import Path as FilePath
from typing import Any

from workbench.decode import decode
from workbench.documents import Document, Limits, Pages, PerOrder
from workbench.errors import DecodeError, LimitExceeded, MappingError, Problem, UsageError
from workbench.execute import Execution
from workbench.execute.explain import Explanation, explain
from workbench.execute.scope import Exhausted, Scope
from workbench.mapping import MappingFile, load_text
from workbench.orders import Result
from workbench.plan import Call, Operation, Plan, compile_plan

RELEASED = "released"


class Mapping:
    """A mapping file, checked and compiled. Immutable; safe to share between threads.

    Attributes:
        file: The file's model: its text, data, version and digest.
        plan: The compiled form.
    """

    __slots__ = ("file", "plan")

    def __init__(self, file: MappingFile) -> None:
        self.file = file
        self.plan: Plan = compile_plan(file.data, file.digest)

    @classmethod
    def from_text(cls, text: str, source: str = "") -> Mapping:
        """The mapping that a YAML (or JSON) text says.

        Raises:
            MappingError: Every mistake in it, at once.
        """
        return cls(load_text(text, source))

    @property
    def merchant(self) -> str:
        """The merchant's name."""
        return self.plan.merchant

    @property
    def version(self) -> str | None:
        """The mapping's version; None before it is exported."""
        return self.plan.version

    @property
    def digest(self) -> str:
        """A fingerprint of what the file says, whatever its layout."""
        return self.plan.digest

    def __repr__(self) -> str:
        return f"<Mapping {self.merchant} {self.version or 'draft'}>"

    def map(
        self,
        answers: Any,
        *,
        operation: str | None = None,
        inputs: Table[str, Any] | None = None,
        content_type: str | None = None,
        now: datetime | None = None,
        limits: Limits | None = None,
        mode: str = "auto",
    ) -> Result:
        """Maps recorded answers; no network, and nothing raised on data.

        Args:
            answers: The answer of the first call: bytes, text, a `Document`, or decoded JSON; its `Pages`; or a table
                of answers by the calls' names, where a call made per order has `PerOrder` answers.
            operation: Which operation; needed when the file has several and the inputs do not tell.
            inputs: What was asked for. The check after the search is applied to what is given.
            content_type: The answers' content type, where known.
            now: The clock of conditions on age.
            limits: How large an answer may be.
            mode: How to execute; see `workbench.execute`.

        Raises:
            UsageError: No such operation or call, or it cannot be told which.
        """
        chosen, given = self._asked(operation, inputs)
        execution = Execution(self.plan, chosen.name, given, now=now, limits=limits, mode=mode)
        replay(execution, answers_by_call(chosen, answers), content_type, limits or Limits())
        return execution.result()

    def explain(
        self,
        answers: Any,
        field: str,
        *,
        operation: str | None = None,
        inputs: Table[str, Any] | None = None,
        content_type: str | None = None,
        limits: Limits | None = None,
    ) -> list[Explanation]:
        """Step by step, how a field came to its value or to nothing: paths and types only, never a value.

        Args:
            answers: As for `map`.
            field: The field, dotted inside rows and objects: `lines.sku`.
            operation: As for `map`.
            inputs: As for `map`.
            content_type: As for `map`.
            limits: As for `map`.

        Raises:
            UsageError: No such field, or no rule for it.
            DecodeError: The first answer cannot be read.
        """
        chosen, given = self._asked(operation, inputs)
        execution = Execution(self.plan, chosen.name, given, limits=limits)
        replay(execution, answers_by_call(chosen, answers), content_type, limits or Limits())
        if execution.failure is not None:
            raise DecodeError(execution.failure.what, execution.failure.how, where=execution.failure.where)
        try:
            return explain(execution, field, self._note(chosen.record, field.split(".")))
        except (Exhausted, RecursionError):
            raise LimitExceeded("the response is nested too deeply, or takes too many steps") from None

    def _note(self, record: str, parts: list[str]) -> str:
        """The note that stands on a field's rule or block."""
        entry: Any = self.file.data["records"].get(record)
        for part in parts:
            fields = entry.get("fields", entry) if isinstance(entry, dict) else {}
            entry = fields.get(part) if isinstance(fields, dict) else None
        return str(entry["note"]) if isinstance(entry, dict) and "note" in entry else ""

    def _asked(self, name: str | None, inputs: Table[str, Any] | None) -> tuple[Operation, dict[str, Any]]:
        """The operation and its inputs; a misspelt input must not pass for a check that was made."""
        given = {key: value for key, value in (inputs or {}).items() if value is not None}
        operation = self.operation(name, given)
        for key in given:
            if key not in operation.inputs:
                close = difflib.get_close_matches(key, operation.inputs, 1)
                meant = f"did you mean {close[0]!r}?" if close else f"it has {', '.join(operation.inputs) or 'none'}"
                raise UsageError(f"{operation.name} has no input {key!r} - {meant}")
        return operation, given

    def operation(self, name: str | None = None, inputs: Iterable[str] = ()) -> Operation:
        """The operation of that name, or the one that the inputs tell.

        Raises:
            UsageError: None, or several.
        """
        operations = self.plan.operations
        if name is not None:
            if name not in operations:
                raise UsageError(f"no operation {name!r} - this mapping has {', '.join(operations) or 'none yet'}")
            return operations[name]
        if len(operations) == 1:
            return next(iter(operations.values()))
        wanted = set(inputs)
        fitting = [one for one in operations.values() if wanted and set(one.inputs) == wanted]
        fitting = fitting or [one for one in operations.values() if wanted and wanted <= set(one.inputs)]
        if len(fitting) == 1:
            return fitting[0]
        raise UsageError(f"this mapping has several operations - say which: {', '.join(operations)}")


def load(source: str | os.PathLike[str]) -> Mapping:
    """The mapping of a file; of a merchant's folder, the version that is released.

    Args:
        source: A path, or an address that fsspec knows (`s3://...`, with the extra `remote`).

    Raises:
        MappingError: The file cannot be used; every mistake in it, at once.
        UsageError: There is no such file, or no released version.
    """
    return Mapping.from_text(*read_mapping(source))


def read_mapping(source: str | os.PathLike[str]) -> tuple[str, str]:
    """(text, where it stands) of a mapping file, or of the released version of a merchant's folder."""
    name = os.fspath(source)
    if "://" in name:
        return _read_remote(name), _without_user(name)
    path = FilePath(name)
    try:
        if path.is_dir():
            released = path / RELEASED
            if not released.is_file():
                raise UsageError(f"no released version in {path} - run: workbench release {path.name} VERSION")
            path = path / f"{_version_word(released.read_text(encoding='utf-8'), released)}.yaml"
        return path.read_text(encoding="utf-8"), str(path)
    except UnicodeDecodeError:
        problem = Problem("not UTF-8 text", str(path), "save the file as UTF-8", "not_text")
        raise MappingError([problem], str(path)) from None
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror or type(error).__name__}") from None


def _version_word(text: str, where: object) -> str:
    word = text.strip()
    if not word or any(character in word for character in "/\\") or word.startswith("."):
        raise UsageError(f"{where} holds no version - run: workbench release")
    return word


def _read_remote(address: str) -> str:
    try:
        import fsspec
    except ImportError:
        how = "install the extra: pip install 'workbench[remote]'"
        raise UsageError(f"cannot read {_without_user(address)} - {how}") from None
    shown = _without_user(address)
    try:
        with fsspec.open(address, "rb") as file:
            data: bytes = file.read()
    except Exception as error:  # every store has errors of its own, and none of them may show the address's password
        raise UsageError(f"cannot read {shown}: {type(error).__name__}") from None
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        problem = Problem("not UTF-8 text", shown, "save the file as UTF-8", "not_text")
        raise MappingError([problem], shown) from None


def _without_user(address: str) -> str:
    """An address as it may be shown: without user and password."""
    scheme, _, rest = address.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path.partition('?')[0]}"


# ---------------------------------------------------------------- recorded answers


def answers_by_call(operation: Operation, answers: Any) -> dict[str, Any]:
    """Answers by the calls' names. What is not such a table is the answer of the first call."""
    names = {call.name for call in operation.calls}
    if type(answers) is dict and answers and set(answers) <= names:
        wrapped = (bytes, str, Document, Pages, PerOrder)
        if len(names) > 1 or all(isinstance(answer, wrapped) for answer in answers.values()):
            return answers
    return {operation.calls[0].name: answers}


def replay(execution: Execution, answers: Table[str, Any], content_type: str | None, limits: Limits) -> None:
    """Hands recorded answers to an execution, as calling the merchant would."""
    calls = execution.operation.calls
    first = calls[0].name
    answer = answers.get(first)
    if answer is None or (isinstance(answer, Pages) and not answer):
        raise UsageError(f"no answer of the first call, {first!r} - give it as {first}=FILE")
    if isinstance(answer, PerOrder):
        raise UsageError(f"the first call, {first!r}, is not made per order - give its answer, or its pages")
    reader = _Reader(execution, content_type, limits)
    for call in calls:
        answer = answers.get(call.name)
        if not _per_order(call, answer):
            reader.take(call, _chosen(answer, execution.keys(call)) if isinstance(answer, PerOrder) else answer, None)
    for call in calls:
        answer = answers.get(call.name)
        if isinstance(answer, PerOrder) and _per_order(call, answer):
            for scope in execution.items():
                reader.take(call, _chosen(answer, execution.keys(call, scope)), scope)


def _per_order(call: Call, answer: Any) -> bool:
    """Whether an answer is one for each order, rather than for each node that a call of the operation is made for."""
    return isinstance(answer, PerOrder) and (call.for_each or call.over is None)


class _Reader:
    """Decodes answers and judges them: documents, nothing found, or a failure."""

    def __init__(self, execution: Execution, content_type: str | None, limits: Limits) -> None:
        self.execution, self.content_type, self.limits = execution, content_type, limits

    def take(self, call: Call, answer: Any, scope: Scope | None) -> None:
        """Hands the answer of one call to the execution; of a call for one order, with the order's scope."""
        documents: list[Document] = []
        blocked = self.execution.blocked(call, scope)
        if blocked is not None:
            return self.execution.fail_call(call, blocked, scope)
        for page in [] if answer is None else answer if isinstance(answer, Pages) else [answer]:
            try:
                document = self._decode(call, page)
            except DecodeError as error:
                return self.execution.fail_call(call, _at(error.problem, call, self.execution), scope)
            verdict = self.execution.judge(call, document)
            if isinstance(verdict, Problem):
                return self.execution.fail_call(call, verdict, scope)
            if verdict:
                documents.append(document)
        return self.execution.answer_call(call, documents, scope)

    def _decode(self, call: Call, page: Any) -> Document:
        document: Document = decode(
            page,
            content_type=self.content_type,
            format=call.format,
            delimiter=call.delimiter,
            encoding=call.encoding,
            namespaces=call.namespaces,
            limits=self.limits,
        )
        return document


def _at(problem: Problem, call: Call, execution: Execution) -> Problem:
    """The problem of a response, with the call's name where there are several."""
    if len(execution.operation.calls) == 1:
        return problem
    return Problem(problem.what, call.name, problem.how, problem.code, at_run=True)


def _chosen(answers: PerOrder, wanted: Iterable[Iterable[str]]) -> Pages:
    """The recorded answers for one order, by the values that the call takes from it, else by its number or id."""
    pages = Pages()
    for keys in wanted:
        answer = next((answers[key] for key in keys if key in answers), None)
        if answer is not None:
            pages += answer if isinstance(answer, Pages) else [answer]
    return pages
