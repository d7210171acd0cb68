"""`python -m workbench.demo [--port N]`: the demo merchant in the foreground, with what to call."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from collections.abc import Sequence

from workbench.demo import DemoMerchant
from workbench.errors import UsageError

DEFAULT_PORT = 4306


def main(arguments: Sequence[str] | None = None) -> int:
    """Serves until it is interrupted."""
    parser = argparse.ArgumentParser(prog="python -m workbench.demo", description="A small merchant to try things on.")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help=f"0 for any free one (default: {DEFAULT_PORT})")
    asked = parser.parse_args(arguments)
    done = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: done.set())
    try:
        with DemoMerchant(asked.port) as merchant:
            print(_told(merchant), flush=True)
            done.wait()
    except UsageError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _told(merchant: DemoMerchant) -> str:
    known = merchant.environ
    login = f"-u {known['NORTHWIND_USER']}:{known['NORTHWIND_PASSWORD']}"
    key = f"-H 'X-Api-Key: {known['SOUTHWIND_KEY']}'"
    token = f"-H 'Authorization: Bearer {known['WESTWIND_TOKEN']}' -H 'Content-Type: application/json'"
    client = f"-u {known['UPWIND_CLIENT']}:{known['UPWIND_CLIENT_SECRET']}"
    read = json.dumps(
        {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "order.read",
            "params": {"key": known["TAILWIND_KEY"], "number": "A-1002"},
        }
    )
    control = f"-H 'X-Demo-Token: {merchant.control_token}'"
    url = merchant.base_url
    lines = [
        f"The demo merchant listens at {url} (Ctrl-C ends it), with nine APIs over the same orders:",
        "",
        f"  curl {login} '{url}/v2/orders?email=jane.doe@example.com'",
        f"  curl {login} {url}/v2/orders/A-1002",
        f"  curl {login} {url}/v2/orders/70013/parcels",
        f"  curl {key} '{url}/xml/orders?email=jane.doe@example.com'",
        f"  curl {key} '{url}/xml/order?number=A-1002'",
        "",
        f"  curl '{url}/soap/orders?wsdl'",
        f"""  curl {token} {url}/graphql -d '{{"query": "{{ order(number: \\"A-1002\\") {{ __typename }} }}"}}'""",
        f"  curl {url}/v2/openapi.json",
        f"  curl {client} {url}/up/oauth/token -d grant_type=client_credentials",
        f"  curl -c jar {url}/down/connexion -d 'identifiant={known['DOWNWIND_USER']}' "
        f"-d 'mot_de_passe={known['DOWNWIND_PASSWORD']}' && curl -b jar {url}/down/jeton",
        f"  curl {url}/tail/rpc -d '{read}'",
        "",
        "It changes its API (renamed_key, list_became_object, new_status, none) and fails on request",
        "(status, html, truncated, slow, drip, drop, huge, everyone, error, charset, none); tokens and sessions end:",
        "",
        f"""  curl {control} {url}/_demo/drift -d '{{"name": "renamed_key"}}'""",
        f"""  curl {control} {url}/_demo/fail -d '{{"kind": "status", "status": 503, "path": "/v2/*", "times": 1}}'""",
        f"""  curl {control} {url}/_demo/logins -d '{{"seconds": 2, "uses": 3, "revoke": "everything"}}'""",
        "",
        "To call it by its mappings, in another terminal:",
        "",
        *(f"  export {name}='{value}'" for name, value in known.items()),
        "  workbench find northwind --email jane.doe@example.com --environment demo",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
