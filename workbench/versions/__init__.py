"""A merchant's versions: immutable files beside one another, which one is released, and the step from one to the next.

`folder.py` is the files: `<version>.yaml`, `draft.yaml`, `released`, `versions.lock`. `rules.py` compares what two
mappings say and names the semver step that the difference needs.
"""

from workbench.versions.folder import (
    DRAFT,
    FIRST,
    LOCK,
    RELEASED,
    Folder,
    Version,
    add_lock,
    read_text,
    safe_name,
    write_new,
    write_over,
)
from workbench.versions.rules import (
    MAJOR,
    MINOR,
    NONE,
    PATCH,
    Change,
    Step,
    added_fields,
    content,
    needed_step,
    rule_changes,
    surface,
)

__all__ = [
    "DRAFT",
    "FIRST",
    "LOCK",
    "MAJOR",
    "MINOR",
    "NONE",
    "PATCH",
    "RELEASED",
    "Change",
    "Folder",
    "Step",
    "Version",
    "add_lock",
    "added_fields",
    "content",
    "needed_step",
    "read_text",
    "rule_changes",
    "safe_name",
    "surface",
    "write_new",
    "write_over",
]
