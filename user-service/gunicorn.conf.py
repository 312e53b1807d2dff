"""How gunicorn runs the user service. Its threads are for requests that hash passwords, and some more for others."""

from shared.server import gunicorn
from users.hashing import THREADS

globals().update(gunicorn("users.app:create()", threads=THREADS))
