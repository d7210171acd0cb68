"""The workbench in a notebook: a session that is the single truth, and a widget that shows it."""

from __future__ import annotations

from workbench.notebook.session import Workbench

__all__ = ["Workbench"]
