"""Recorded responses as the command line names them: `FILE`, `CALL=FILE`, `CALL[KEY]=FILE`, and `-` for stdin."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from workbench.cli.parser import WrongUse, did_you_mean
from workbench.documents import Limits, Pages, PerOrder
from workbench.plan import Operation

_CALL = re.compile(r"([A-Za-z_][\w-]*)=(.*)", re.DOTALL)
MAIN = "main"
"""The call of answers that name none, as in a mapping."""
_KEYED = re.compile(r"([A-Za-z_][\w-]*)\[(.*)", re.DOTALL)


class Response(NamedTuple):
    """One response of the command line: the call it answers, for which order, and the file."""

    call: str
    key: str | None
    file: str


def read_answers(words: Sequence[str], operation: Operation) -> Any:
    """The answers that words name, as `Mapping.map` takes them.

    Raises:
        WrongUse: No such call or file, or a call that is given both ways.
    """
    return _answers([_response(word, [call.name for call in operation.calls], operation.name) for word in words])


def read_named_answers(words: Sequence[str]) -> Any:
    """The answers that words name, of calls that no mapping knows yet: those of one call as a list, else by call.

    Raises:
        WrongUse: No such file, or a call that is given both ways.
    """
    responses = [_any_response(word) for word in words]
    if {(response.call, response.key) for response in responses} == {(MAIN, None)}:
        _one_stdin(responses)
        return [read_response(response.file) for response in responses]
    return _answers(responses)


def _answers(responses: Sequence[Response]) -> dict[str, Any]:
    _one_stdin(responses)
    answers: dict[str, Any] = {}
    for call in dict.fromkeys(response.call for response in responses):
        own = [response for response in responses if response.call == call]
        keyed = [response for response in own if response.key is not None]
        if keyed and len(keyed) != len(own):
            raise WrongUse(
                f"call {call!r} is given both for the whole and for orders", f"write {call}[KEY]=FILE throughout"
            )
        answers[call] = _per_order(keyed) if keyed else _pages(own)
    return answers


def _one_stdin(responses: Sequence[Response]) -> None:
    if sum(response.file == "-" for response in responses) > 1:
        raise WrongUse("stdin is given twice", "- can stand for one response")


def _per_order(responses: Iterable[Response]) -> PerOrder:
    by_key: dict[str, list[Response]] = {}
    for response in responses:
        by_key.setdefault(str(response.key), []).append(response)
    return PerOrder({key: _pages(own) for key, own in by_key.items()})


def _pages(responses: Sequence[Response]) -> Any:
    bodies = [read_response(response.file) for response in responses]
    return bodies[0] if len(bodies) == 1 else Pages(bodies)


def _any_response(word: str) -> Response:
    """What a word says while nobody has named the calls; a file of that very name is one."""
    keyed, named = _KEYED.fullmatch(word), _CALL.fullmatch(word)
    calls = [found[1] for found in (keyed, named) if found]
    return Response(MAIN, None, word) if Path(word).exists() or not calls else _response(word, calls, "the draft")


def _response(word: str, calls: Sequence[str], where: str) -> Response:
    """What a word says. A file whose name looks like `CALL=FILE` is one, where no call has that name."""
    keyed = _KEYED.fullmatch(word)
    if keyed and keyed[1] in calls:
        found = _keyed(keyed[1], keyed[2])
        if found:
            return found
    named = _CALL.fullmatch(word)
    if named and named[1] in calls:
        return Response(named[1], None, named[2])
    if word == "-" or Path(word).exists() or not (named or (keyed and "]=" in keyed[2])):
        return Response(calls[0], None, word)
    name = named[1] if named else keyed[1] if keyed else word
    raise WrongUse(f"no call {name!r} in {where}", did_you_mean(name, calls) or f"its calls are {', '.join(calls)}")


def _keyed(call: str, rest: str) -> Response | None:
    """`KEY]=FILE`, split where the file is there; keys may hold brackets and equals signs."""
    ends = [match.start() for match in re.finditer(r"\]=", rest)]
    if not ends:
        return None
    end = next((end for end in ends if rest[end + 2 :] == "-" or Path(rest[end + 2 :]).exists()), ends[0])
    return Response(call, rest[:end], rest[end + 2 :])


def read_response(name: str) -> bytes:
    """The bytes of a response file, or of stdin; as many as a response may have, and one more to tell.

    Raises:
        WrongUse: It cannot be read.
    """
    limit = Limits().bytes + 1
    if name == "-":
        return sys.stdin.buffer.read(limit)
    if not name:
        raise WrongUse("no file behind the equals sign", "write CALL=FILE")
    try:
        with Path(name).open("rb") as file:
            return file.read(limit)
    except (OSError, ValueError) as error:
        what = getattr(error, "strerror", None) or type(error).__name__
        raise WrongUse(f"cannot read the response {name!r}: {what}") from None


def read_inputs(words: Iterable[str], known: Iterable[str]) -> dict[str, str]:
    """The inputs that `--input NAME=V` give.

    Raises:
        WrongUse: Not in that form, or an input that no operation has.
    """
    inputs: dict[str, str] = {}
    names = sorted(set(known))
    for word in words:
        name, equals, value = word.partition("=")
        if not equals:
            raise WrongUse(f"--input {name!r} has no value", "write --input NAME=VALUE")
        if name not in names:
            how = did_you_mean(name, names) or (f"there are {', '.join(names)}" if names else "this mapping has none")
            raise WrongUse(f"no input {name!r} in this mapping", how)
        if name in inputs:
            raise WrongUse(f"--input {name} is given twice")
        inputs[name] = value
    return inputs
