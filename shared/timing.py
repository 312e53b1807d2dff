"""The ``Server-Timing`` header: where the time of one request went, on request.

A request that asks has a header of that name as well. The gateway passes it on for those who may know, and no service
takes anybody else's word: it looks at the header of requests alone whose caller it could verify.
"""

HEADER = "Server-Timing"


def metrics(**milliseconds: float) -> str:
    """Return the value of the header: names and how long each took, in milliseconds."""
    return ", ".join(f"{name};dur={duration:.2f}" for name, duration in milliseconds.items())
