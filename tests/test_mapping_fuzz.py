"""Damaged mapping files: they load or are refused with problems; nothing else ever happens."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from tests.test_mapping import FULL
from tests.test_mapping_dump import LAYOUT
from workbench.errors import MappingError
from workbench.mapping import MappingFile, check_data, dump, export_problems, load_text
from workbench.mapping.schema import file_model

JUNK: list[Any] = [
    None, True, False, 0, -1, Decimal("1.5"), "", "x", "@.a", "^", "^^^.b", "$.x", "zz:$.y", "{email}", "{@.x}",
    "${X}", "@.where", "rows:$", "main:$.x", "UTC", "\x00", "a" * 300, 10**30, [], {}, [None], [{}], [1, "a", {}],
    ["@.a"], [["@.a"]], {"a": 1}, {"": ""}, {"~": None}, {"path": "@.x"}, {"each": "@.x"}, {"is": "present"},
    {"each": "@.x", "fields": {"sku": "@.s"}}, {"first": ["@.a"]}, {"first": []}, {"when": {}}, {"waived": "r"},
    {"lookup": {"a": "b"}}, {"cases": [{"then": 1}]}, {"format": "%Q"}, {"kind": "page"}, {"kind": []},
    {"with": {"rows": {"each": "@.x"}}},
]  # fmt: skip
KEYS = [
    "path",
    "each",
    "at",
    "keep",
    "with",
    "fields",
    "note",
    "zz",
    "use",
    "rows",
    "cases",
    "value",
    "first",
    "keyed",
    "auth",
]

Place = tuple[Any, ...]


def places(data: Any, place: Place = ()) -> Iterator[Place]:
    """The place of every value inside."""
    if place:
        yield place
    if isinstance(data, (dict, list)):
        for key, value in data.items() if isinstance(data, dict) else enumerate(data):
            yield from places(value, (*place, key))


def at(data: Any, place: Place) -> Any:
    """The value at a place."""
    for key in place:
        data = data[key]
    return data


def damaged(data: dict[str, Any], choose: random.Random) -> dict[str, Any]:
    """A copy in which one value is exchanged, dropped, moved, or has a stray key beside it."""
    data = copy.deepcopy(data)
    place = choose.choice(list(places(data)))
    holder, key = at(data, place[:-1]), place[-1]
    way = choose.random()
    if way < 0.6:
        holder[key] = copy.deepcopy(choose.choice(JUNK))
    elif way < 0.75 and isinstance(holder, dict):
        holder[choose.choice(KEYS)] = copy.deepcopy(choose.choice(JUNK))
    elif way < 0.9:
        del holder[key]
    else:
        holder[key] = copy.deepcopy(at(data, choose.choice(list(places(data)))))
    return data


def loaded(text: str) -> MappingFile | None:
    """The file, or None when it is refused as it should be."""
    try:
        return load_text(text)
    except MappingError as error:
        assert error.problems
        assert all(problem.what and problem.where and problem.how and problem.code for problem in error.problems)
        return None


@pytest.mark.parametrize("seed", range(240))
def test_damaged_values(seed: int) -> None:
    """A value of the wrong kind is a problem or no harm; what loads fits the models and can be written again."""
    choose = random.Random(seed)
    data = load_text(FULL if seed % 2 else LAYOUT).data
    for _ in range(choose.choice([1, 1, 2, 3])):
        data = damaged(data, choose)
    check_data(data)
    file = loaded(dump(data) if seed % 4 == 0 else json.dumps(data, default=float))
    if file is not None:
        file_model().model_validate(file.data)
        export_problems(file)
        assert load_text(dump(file)).data == file.data


@pytest.mark.parametrize("seed", range(40))
def test_damaged_text(seed: int) -> None:
    """A text with characters lost, doubled or exchanged loads or is refused."""
    choose = random.Random(seed)
    letters = list(LAYOUT)
    for _ in range(choose.choice([1, 2, 5, 20])):
        place = choose.randrange(len(letters))
        way = choose.random()
        if way < 0.4:
            letters[place] = choose.choice("\t\n :{}[],'\"@&*!|>#%-?\x00é\u2028\ufeff")
        elif way < 0.7:
            del letters[place : place + choose.choice([1, 3, 40])]
        else:
            letters[place:place] = letters[place : place + choose.choice([1, 10, 80])]
    file = loaded("".join(letters))
    if file is not None:
        assert load_text(dump(file)).data == file.data


@pytest.mark.parametrize("seed", range(20))
def test_noise(seed: int) -> None:
    """Bytes that were never a mapping are refused in words."""
    choose = random.Random(seed)
    noise = bytes(choose.randrange(256) for _ in range(300)).decode("latin-1" if seed % 2 else "utf-16-le", "replace")

    assert loaded(noise) is None
