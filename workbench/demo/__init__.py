"""A small merchant of our own, to show and to test everything against: real HTTP, invented orders, nine APIs.

`with DemoMerchant() as merchant:` starts it; `python -m workbench.demo` runs it in the foreground; `run_demo` is the
show behind `workbench demo`. The server needs the extra `demo`.
"""

from __future__ import annotations

from pathlib import Path

from workbench.demo.merchant import DemoMerchant

__all__ = ["DemoMerchant", "demo_mappings"]


def demo_mappings() -> Path:
    """The folder of the demo merchant's mappings: the checkout's, else the copies inside the package."""
    here = Path(__file__).resolve().parent
    checkout = here.parent.parent / "mappings"
    return checkout if (checkout / "northwind").is_dir() else here / "mappings"
