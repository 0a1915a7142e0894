"""Teaches Schemathesis the media types of the API that it does not know."""

import schemathesis
from schemathesis.transport.serialization import serialize_binary


@schemathesis.serializer("application/x-ndjson")
def lines(context, value):
    """Lines are sent as they are made, most of them no JSON."""
    return {"data": serialize_binary(value)}
