"""Check, export and release a merchant's mapping: the steps that the command line and the notebook share.

Exporting freezes the draft as the next version and deploys nothing; releasing moves the version that production gets,
forward or back, after a check.
"""

from workbench.publish.check import BAD, NOTE, OK, Finding, check
from workbench.publish.export import Exported, export
from workbench.publish.needs import Needs, needs
from workbench.publish.release import Released, release

__all__ = ["BAD", "NOTE", "OK", "Exported", "Finding", "Needs", "Released", "check", "export", "needs", "release"]
