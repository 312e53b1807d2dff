"""(status, text) of the documented errors that many routes share."""

INVALID = (400, "Invalid parameters")
MISSING = (400, "Required parameters missing")
UNAUTHORIZED = (401, "Unauthorized")
FORBIDDEN = (403, "Forbidden")
