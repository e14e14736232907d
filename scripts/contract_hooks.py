"""Serializer of NDJSON bodies for schemathesis."""

import json

import schemathesis


@schemathesis.serializer("application/x-ndjson")
def ndjson(context, value):
    """Returns a string as the body; any other value becomes one line."""
    if isinstance(value, bytes):
        return {"data": value}
    if isinstance(value, str):
        return {"data": value.encode("utf-8", "replace")}
    return {"data": json.dumps(value).encode() + b"\n"}
