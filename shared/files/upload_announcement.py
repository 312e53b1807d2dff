"""Announcements of uploads: the gateway asks a file node by the head of a request before it reads the body.

The announcement is the same request without a body. The node refuses it as it would refuse the upload, or keeps a place
for the upload and answers ``EXPECTED``. Where the body then does not come, the gateway withdraws the announcement.

A node of an older version answers 400, as the body is missing. So 400 is no refusal here: the gateway reads the body,
and the node judges it all.
"""

HEADER = "Bunko-Upload"
"""Says that a request is no upload itself; the gateway passes none on that a client sent."""
ANNOUNCEMENT = "announcement"
WITHDRAWAL = "withdrawal"
EXPECTED = 202
"""The status of the answer to an announcement that is not refused."""
