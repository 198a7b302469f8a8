"""How schemathesis writes bodies that it does not know by itself."""

import json

import schemathesis


@schemathesis.serializer("application/x-ndjson")
def ndjson(_context: object, value: object) -> bytes:
    """Write text as it is, and anything else as one line of JSON."""
    return value.encode() if isinstance(value, str) else json.dumps(value).encode()
