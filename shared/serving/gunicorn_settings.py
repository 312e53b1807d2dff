"""Gunicorn settings common to all programs.

Each ``gunicorn.conf.py`` imports them all and adds its own. Importing this module reads the environment; the setting
``BIND`` is required.

No forwarding header from the network is trusted (CVE-2025-64484 is the class of error), and no control socket is
opened. The application writes the access log, because it knows route and user.
"""

from shared import settings as _settings
from shared.serving import gunicorn_hooks as _hooks

bind = _settings.text("BIND")
worker_class = "shared.serving.worker.Worker"
workers = _settings.whole("WORKERS", 1)
threads = _settings.whole("THREADS", 2)

timeout = 60
graceful_timeout = 30
keepalive = 75

limit_request_line = 8190
forwarder_headers = ""
forwarded_allow_ips = ""
header_map = "refuse"
# The Python parser even if the C parser is installed: requests are parsed the same way everywhere.
http_parser = "python"
control_socket_disable = True

accesslog = None
loglevel = "warning"

on_starting = _hooks.start_master
pre_fork = _hooks.choose_slot
post_fork = _hooks.take_slot
post_worker_init = _hooks.announce
worker_exit = _hooks.stop_tracing
child_exit = _hooks.leave_slot
on_reload = _hooks.renew_metrics
