"""Container health check: ``python -m shared.serving.healthcheck`` exits with 0 if the program is ready."""

import http.client
import sys

from shared import settings


def main() -> None:
    """Request ``/health/ready``; exit with 1 for any status but 200 and for any connection error."""
    port = int(settings.text("BIND").rpartition(":")[2])
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/health/ready")
        sys.exit(connection.getresponse().status != http.HTTPStatus.OK)
    except OSError as error:
        sys.exit(f"not ready: {error}")


if __name__ == "__main__":
    main()
