"""How gunicorn runs the file service.

One process: it decodes in children of its own. Its threads are for the uploads that are let in, and some more
that serve pictures meanwhile.
"""

from files.decoding.slots import THREADS
from shared.serving.gunicorn_settings import gunicorn_settings

globals().update(gunicorn_settings("files.app:create()", threads=THREADS))
