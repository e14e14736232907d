"""What schemathesis does not know by itself: how a body of NDJSON is written."""

import json

import schemathesis


@schemathesis.serializer("application/x-ndjson")
def ndjson(context, value):
    """A string is the body as it stands; any other value becomes one line."""
    if isinstance(value, bytes):
        return {"data": value}
    if isinstance(value, str):
        return {"data": value.encode("utf-8", "replace")}
    return {"data": json.dumps(value).encode() + b"\n"}
