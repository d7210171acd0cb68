"""From recorded answers alone to a complete draft of a mapping, with scores and reasons; offline and deterministic."""

from __future__ import annotations

from workbench.suggest.draft import Draft, Suggestion, draft

__all__ = ["Draft", "Suggestion", "draft"]
