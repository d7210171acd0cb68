"""What `import workbench` offers, and what it costs."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import workbench

# What a process that only maps never pays for.
HEAVY = {"httpx", "httpcore", "pandas", "xmltodict", "jsonpath_ng", "ipywidgets", "rich", "asyncio", "ssl"}


def modules_after(code: str, *arguments: str) -> set[str]:
    """The top-level names in `sys.modules` of a fresh process after it ran the code."""
    program = f"import sys, json\n{code}\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_import_loads_nothing_else() -> None:
    """`import workbench` loads the one file of that name and nothing that a bare interpreter does not have."""
    loaded = modules_after("import workbench") - modules_after("import __future__, typing, types")

    assert loaded == {"workbench"}


def test_mapping_json_offline_loads_no_network_and_no_second_opinion(tmp_path: Path) -> None:
    """Loading a mapping and mapping a JSON answer needs neither HTTP, nor XML, nor the notebook's packages."""
    mapping = tmp_path / "1.0.0.yaml"
    mapping.write_text(
        "format: 1\nmerchant: shop\nversion: 1.0.0\n"
        'operations: {find_order_by_number: {orders: {each: "$"}}}\n'
        'records: {order: {order_number: "@.number"}}\n'
    )
    code = (
        "import workbench as wb\n"
        "result = wb.load(sys.argv[1]).map(b'[{\"number\": \"A-1\"}]', content_type='application/json')\n"
        "assert [order.order_number for order in result.orders] == ['A-1'], result"
    )

    assert modules_after(code, str(mapping)) & HEAVY == set()


def test_names_are_sorted_and_complete() -> None:
    """`__all__`, `dir()`, the table of homes and the names for type checkers are one and the same list."""
    tree = ast.parse(Path(workbench.__file__).read_text())
    typed = {
        alias.name
        for block in tree.body
        if isinstance(block, ast.If)
        for line in block.body
        if isinstance(line, ast.ImportFrom)
        for alias in line.names
    }

    assert workbench.__all__ == sorted(workbench.__all__)
    assert dir(workbench) == workbench.__all__
    assert typed == set(workbench._HOMES) == {*workbench.__all__} - {"__version__"}


@pytest.mark.parametrize("name", workbench.__all__)
def test_every_name_is_there(name: str) -> None:
    """Every public name can be used, and the second use gives the same object."""
    assert getattr(workbench, name) is getattr(workbench, name)


def test_unknown_name_is_an_attribute_error() -> None:
    """A name that does not exist is told as Python tells it."""
    with pytest.raises(AttributeError, match="module 'workbench' has no attribute 'lode'"):
        _ = workbench.lode  # type: ignore[attr-defined]


def test_decode_is_the_function_whatever_was_imported_first() -> None:
    """`wb.decode` stays the public function after its package of the same name has been imported."""
    modules_after(
        "import workbench.decode, workbench.runtime\n"
        "import workbench as wb\n"
        "assert wb.decode(b'[1]').root == [1]\n"
        "from workbench.decode import decode_text\n"
        "from workbench import decode\n"
        "assert decode is wb.decode"
    )
