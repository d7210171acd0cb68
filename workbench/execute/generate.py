"""Generated code: when it is worth making, and what keeps it."""

from __future__ import annotations

import threading
from collections import OrderedDict

from workbench.execute.records import Make, make_record
from workbench.execute.writer import source_of
from workbench.plan import Block, Operation, Plan

PAGE = 20
"""A page of so many items is worth the code; so are `OFTEN` items one by one."""
OFTEN = 200
KEPT = 256

_made: OrderedDict[tuple[str, str], Make | int] = OrderedDict()
_lock = threading.Lock()


def maker(plan: Plan, operation: Operation, count: int, mode: str = "auto") -> Make:
    """What makes the records of an operation: generated code where it pays, else the interpreter.

    Args:
        plan: The mapping; its digest is the key under which code is kept.
        operation: The operation.
        count: How many items are about to be mapped.
        mode: `auto`, or `generate`.
    """
    if mode == "generate" and not plan.digest:
        return generate(operation.orders)
    if not plan.digest:
        return make_record
    key = (plan.digest, operation.name)
    with _lock:
        known = _made.get(key, 0)
        if not isinstance(known, int):
            _made.move_to_end(key)
            return known
        seen = known + count
        if mode != "generate" and count < PAGE and seen < OFTEN:
            _made[key] = seen
            return make_record
    made = generate(operation.orders)
    with _lock:
        _made[key] = made
        while len(_made) > KEPT:
            _made.popitem(last=False)
    return made


def generate(block: Block) -> Make:
    """A function that makes the record of one item of a block."""
    source, space = source_of(block)
    exec(compile(source, "<mapping>", "exec"), space)
    made: Make = space["make"]
    return made
