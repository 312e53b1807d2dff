"""The settings that the installation sets for its programs: no operator changes them.

``make docs`` lists them in ``docs/configuration.md``, for those who start a program in another way.
"""

from collections.abc import Mapping

INTERNAL: Mapping[str, str] = {
    "BIND": "The address and port where the program listens.",
    "METRICS_BIND": "The address and port where the program serves its metrics; without it, it serves none.",
    "WORKERS": "The number of gunicorn workers; 1 unless a test sets it.",
    "THREADS": "The number of threads of a worker; each program has a default of its own.",
    "UPSTREAMS": "A JSON object of the services' URLs, a comma between the nodes of one service.",
    "FILE_NODES_FILE": "A file of the file nodes' URLs, one a line; the gateway reads it again when it changes.",
    "SESSION_KEY": "The key that signs session cookies. The gateway and the user service have it.",
    "TOKEN_KEYS": "A JSON object: caller -> the key that verifies the caller's tokens.",
    "CALL_KEYS": "A JSON object: called service -> the key that signs tokens for it.",
    "SETTINGS_FILE": "A file of `NAME=value` lines for settings that the environment does not hold, such as secrets.",
    "KEYS_FILE": "The file of all keys, where an operator's command runs in a container.",
    "LOADED_LINE": "The line that a program prints once it accepts requests; the supervisor waits for it.",
    "RUNNER": "The process id of the supervisor; a program ends when that process does.",
}
"""Setting -> meaning."""
