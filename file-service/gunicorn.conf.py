"""How gunicorn runs the file service.

One process: it decodes in children of its own. Its threads are for the uploads that are let in, and some more
that serve pictures meanwhile.
"""

from files.admission import THREADS
from shared.server import gunicorn

globals().update(gunicorn("files.app:create()", threads=THREADS))
