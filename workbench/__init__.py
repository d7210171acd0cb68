"""Map any merchant's own orders API to business fields.

Every name here is loaded when it is first used, so that `import workbench` costs next to nothing and a service that
only maps never pays for the network, nor one that only calls for the notebook.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.decode import decode
    from workbench.documents import Document, Limits, Pages, PerOrder
    from workbench.errors import (
        Ambiguous,
        CallError,
        DecodeError,
        MappingError,
        Problem,
        SecretMissing,
        UsageError,
        WorkbenchError,
    )
    from workbench.merchant import open_merchant, open_merchant_async
    from workbench.notebook import Workbench
    from workbench.orders import Order, Result
    from workbench.runtime import Mapping, load
    from workbench.suggest import Draft, draft

__version__ = "0.1.0"

__all__ = [
    "Ambiguous",
    "CallError",
    "DecodeError",
    "Document",
    "Draft",
    "Limits",
    "Mapping",
    "MappingError",
    "Order",
    "Pages",
    "PerOrder",
    "Problem",
    "Result",
    "SecretMissing",
    "UsageError",
    "Workbench",
    "WorkbenchError",
    "__version__",
    "decode",
    "draft",
    "load",
    "open_merchant",
    "open_merchant_async",
]

_HOMES = {
    "Ambiguous": "errors",
    "CallError": "errors",
    "DecodeError": "errors",
    "Document": "documents",
    "Draft": "suggest",
    "Limits": "documents",
    "Mapping": "runtime",
    "MappingError": "errors",
    "Order": "orders",
    "Pages": "documents",
    "PerOrder": "documents",
    "Problem": "errors",
    "Result": "orders",
    "SecretMissing": "errors",
    "UsageError": "errors",
    "Workbench": "notebook",
    "WorkbenchError": "errors",
    "decode": "decode",
    "draft": "suggest",
    "load": "runtime",
    "open_merchant": "merchant",
    "open_merchant_async": "merchant",
}


def __getattr__(name: str) -> Any:
    """Load a public name from the module it lives in, once (PEP 562)."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'workbench' has no attribute '{name}'")
    from importlib import import_module

    found = getattr(import_module(f"workbench.{home}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted(__all__)


class _Package(ModuleType):
    """Keeps `workbench.decode` the public function.

    Importing the package of the same name would otherwise put that package in the function's place, depending on what
    was imported first.
    """

    @property
    def decode(self) -> Any:
        """The function, whether or not its package has been imported."""
        return __getattr__("decode") if "decode" not in globals() else globals()["decode"]

    @decode.setter
    def decode(self, value: object) -> None:
        """Take what `__getattr__` found and leave out what the import system puts here: the package."""


sys.modules[__name__].__class__ = _Package
