"""Asks the program of this container whether it is ready: ``python -m shared.serving.healthcheck`` ends with 0 if it
is."""

import http.client
import sys

from shared import settings


def main() -> None:
    """Ask; whatever keeps an answer away counts as not ready."""
    port = int(settings.text("BIND").rpartition(":")[2])
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/health/ready")
        sys.exit(connection.getresponse().status != http.HTTPStatus.OK)
    except OSError as error:
        sys.exit(f"not ready: {error}")


if __name__ == "__main__":
    main()
