"""Samples as documents, and answers of a moment ago as a sample."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from workbench.decode import decode
from workbench.documents import Document, Limits
from workbench.errors import DecodeError
from workbench.plan import Plan
from workbench.pseudonyms import Came, Named, named_in
from workbench.samples.record import Recorded, last_tries
from workbench.samples.store import Answer, Sample


class Decoded:
    """Answers decoded once: a session looks at the same ones again after every click.

    Documents are shared and never changed. What cannot be decoded is remembered as well.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[Any, ...], tuple[Answer, Document | DecodeError]] = {}

    def __call__(self, answer: Answer, **reading: Any) -> Document:
        """The document of an answer; `reading` is what `decode` takes.

        Raises:
            DecodeError: It cannot be read.
        """
        said = {name: value for name, value in reading.items() if value is not None and value != Limits()}
        key = (id(answer), *((name, repr(value)) for name, value in sorted(said.items())))
        if key not in self._known:
            made: Document | DecodeError
            try:
                made = decode(answer.body, content_type=answer.content_type, **reading)
            except DecodeError as error:
                made = error
            self._known[key] = answer, made  # the answer is kept with it, so that its id stays its own
        found = self._known[key][1]
        if isinstance(found, DecodeError):
            raise found
        return found

    def forget(self) -> None:
        """Forgets all of them."""
        self._known.clear()


def reading_of(plan: Plan, operation: str) -> dict[str, dict[str, Any]]:
    """How each call of an operation says that its answers are read: format, delimiter, encoding."""
    found = plan.operations.get(operation)
    return {
        call.name: {"format": call.format, "delimiter": call.delimiter, "encoding": call.encoding}
        for call in (found.calls if found else ())
    }


def documents_of(
    sample: Sample, call: str, reading: Mapping[str, Any], decoded: Decoded | None = None
) -> list[Document]:
    """The good answers of a call in a sample, decoded; what cannot be read is passed over."""
    pages = sample.calls.get(call, ())
    answers = [page for each in pages.values() for page in each] if isinstance(pages, Mapping) else list(pages)
    return _read(answers, reading, decoded or Decoded())


def lookup_of(
    sample: Sample, readings: Mapping[str, Mapping[str, Any]], decoded: Decoded | None = None
) -> dict[str, list[Document] | dict[str, list[Document]]]:
    """The good answers of each call in a sample, decoded; of a call that is made per order by the key of the order.

    Args:
        sample: The sample.
        readings: How each call says that its answers are read; others are passed over.
        decoded: Remembers what the answers hold.
    """
    decoded = decoded or Decoded()
    found: dict[str, list[Document] | dict[str, list[Document]]] = {}
    for call, reading in readings.items():
        pages = sample.calls.get(call, ())
        if isinstance(pages, Mapping):
            found[call] = {key: _read(each, reading, decoded) for key, each in pages.items()}
        else:
            found[call] = _read(pages, reading, decoded)
    return {call: answers for call, answers in found.items() if answers}


def _read(answers: Iterable[Answer], reading: Mapping[str, Any], decoded: Decoded) -> list[Document]:
    documents = []
    for answer in answers:
        if not answer.body or (answer.status is not None and not 200 <= answer.status < 300):
            continue
        try:
            documents.append(decoded(answer, **reading))
        except DecodeError:
            continue
    return documents


def documents_by_call(plan: Plan, operation: str, samples: Sequence[Sample]) -> dict[str, list[list[Document]]]:
    """The decoded answers of each call of an operation, by sample; samples of other operations are passed over."""
    own = [sample for sample in samples if sample.operation in (operation, None)]
    return {
        call: [documents_of(sample, call, reading) for sample in own]
        for call, reading in reading_of(plan, operation).items()
    }


def customer_of(samples: Iterable[Sample]) -> Named:
    """What names the customers of some samples: keys that are such a value are told nowhere."""
    answers: list[Came] = []
    asked: list[str] = []
    for sample in samples:
        asked += sample.inputs.values()
        for pages in sample.calls.values():
            every = [page for each in pages.values() for page in each] if isinstance(pages, Mapping) else pages
            answers += [Came(page.body, page.content_type) for page in every]
    return named_in(answers, asked)


def sample_of(
    name: str, operation: str, inputs: Mapping[str, str], answers: Iterable[Recorded], now: datetime
) -> Sample:
    """Answers as they came, as a sample in memory."""
    calls: dict[str, Any] = {}
    for answer in last_tries(answers):
        page = Answer(answer.body, answer.status, answer.content_type)
        if answer.key:
            keyed = calls.setdefault(answer.call, {})
            keyed[answer.key] = (*keyed.get(answer.key, ()), page)
        else:
            calls[answer.call] = (*calls.get(answer.call, ()), page)
    return Sample(name, operation, dict(inputs), calls, now)
