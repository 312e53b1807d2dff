"""How gunicorn runs the user service. Its threads are for requests that hash passwords, and some more for others."""

from shared.serving.gunicorn_settings import gunicorn_settings
from users.hashing import THREADS

globals().update(gunicorn_settings("users.app:create()", threads=THREADS))
