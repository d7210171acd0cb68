"""Compiled mapping x documents -> records. No I/O, no parsing of mapping text.

`Execution` is one run. Records are made by an interpreter of the plan (`records.py`, `rules.py`), or, where many come,
by Python code generated from it (`generate.py`) which takes the plain cases itself and hands every other to the
interpreter: `Execution(..., mode="interpret" | "generate" | "auto")`. Both give the same result.
"""

from workbench.execute.execution import Execution

__all__ = ["Execution"]
