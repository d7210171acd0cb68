"""Start from what the merchant sent: documents and examples become calls to choose from.

    calls = read_calls("openapi.yaml", merchant="acme")     # or a Postman collection, HAR, curl line, WSDL, schema
    calls[0].label, calls[0].inputs, calls[0].call()        # the most likely order search first
    calls.notes                                             # what was left out: secrets, files, references elsewhere

    mark_input("https://shop.example/orders?mail=jane%40shop.example", "jane%40shop.example", "email")

Nothing here opens a connection, and no secret of a document is kept: references stand in their place.
"""

from __future__ import annotations

from workbench.importing.marking import example_call, mark_input
from workbench.importing.proposal import Auth, Proposal, Proposals
from workbench.importing.reading import Fetch, read_calls

__all__ = ["Auth", "Fetch", "Proposal", "Proposals", "example_call", "mark_input", "read_calls"]
