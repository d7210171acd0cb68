"""The mapping file's model: reading, checking, upgrading and writing it. It knows nothing of running a mapping.

    file = load_text(text)          # every mistake at once, each with its place, its line and how to mend it
    text = dump(file)               # the same data, in the one layout

`model` describes the same shape to editors, as the JSON Schema that `schema` makes.
"""

from workbench.mapping.auth_kinds import auth_forms
from workbench.mapping.check_file import check_data
from workbench.mapping.connection_parts import connection_forms
from workbench.mapping.dump import dump
from workbench.mapping.file import MappingFile, export_problems, load_data, load_text
from workbench.mapping.upgrade import FORMAT

__all__ = [
    "FORMAT",
    "MappingFile",
    "auth_forms",
    "check_data",
    "connection_forms",
    "dump",
    "export_problems",
    "load_data",
    "load_text",
]
