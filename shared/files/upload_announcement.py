"""Announcements of uploads: the gateway sends the head of an upload to a file node before it reads the body.

An announcement is the same request without a body. The node refuses it exactly as it would refuse the upload, or
reserves an upload slot and answers ``EXPECTED``. If the body then does not arrive, the gateway sends a withdrawal.

A node of an older version answers 400, because the body is missing. The gateway therefore does not treat 400 as a
refusal: it reads the body and forwards the whole request.
"""

HEADER = "Bunko-Upload"
"""Marks a request as an announcement or a withdrawal. The gateway drops this header from client requests."""
ANNOUNCEMENT = "announcement"
WITHDRAWAL = "withdrawal"
EXPECTED = 202
"""Status of an accepted announcement."""
