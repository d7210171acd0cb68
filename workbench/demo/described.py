"""What the demo merchant hands out about its REST API: an OpenAPI document, as such documents are."""

from __future__ import annotations

from typing import Any

_ORDER = {"$ref": "#/components/schemas/Order"}
_JSON = "application/json"


def openapi(base_url: str) -> dict[str, Any]:
    """The document, with the address that it was asked at."""
    return {
        "openapi": "3.0.3",
        "info": {"title": "Northwind orders", "version": "2"},
        "servers": [{"url": f"{base_url}/v2"}],
        "security": [{"account": []}],
        "paths": {
            "/orders": {
                "get": {
                    "operationId": "searchOrders",
                    "summary": "Search orders",
                    "parameters": [
                        _parameter("email", "query", "The customer's e-mail."),
                        _parameter("page", "query", "From 1.", kind="integer"),
                    ],
                    "responses": _answers("Page"),
                }
            },
            "/orders/{number}": {
                "get": {
                    "operationId": "getOrder",
                    "summary": "Get one order",
                    "parameters": [_parameter("number", "path", "As the customer knows it.", required=True)],
                    "responses": {**_answers("Order"), "404": {"description": "No such order."}},
                }
            },
            "/orders/{id}/parcels": {
                "get": {
                    "operationId": "listParcels",
                    "summary": "List the parcels of an order",
                    "parameters": [_parameter("id", "path", "The order's id, not its number.", required=True)],
                    "responses": _answers("Parcels"),
                }
            },
        },
        "components": {
            "securitySchemes": {"account": {"type": "http", "scheme": "basic"}},
            "schemas": {
                "Page": {
                    "type": "object",
                    "properties": {"data": {"type": "array", "items": _ORDER}, "next": {"type": "string"}},
                },
                "Order": {"type": "object", "properties": {"number": {"type": "string"}, "parent": _ORDER}},
                "Parcels": {"type": "object", "properties": {"order": _ORDER, "parcels": {"type": "array"}}},
            },
        },
    }


def _parameter(name: str, place: str, told: str, required: bool = False, kind: str = "string") -> dict[str, Any]:
    return {"name": name, "in": place, "required": required, "description": told, "schema": {"type": kind}}


def _answers(schema: str) -> dict[str, Any]:
    content = {_JSON: {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    return {"200": {"description": "As asked.", "content": content}}
