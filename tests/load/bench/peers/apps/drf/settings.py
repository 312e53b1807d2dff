"""The settings of Django."""

import os
from urllib.parse import parse_qs, urlsplit

_url = urlsplit(os.environ["DATABASE_URL"])

SECRET_KEY = os.environ["TOKEN_KEY"]
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "tests.load.bench.peers.apps.drf.views"
USE_TZ = True
INSTALLED_APPS = ["rest_framework"]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": _url.path.lstrip("/"),
        "USER": _url.username,
        "PASSWORD": _url.password,
        "HOST": parse_qs(_url.query)["host"][0],
        "CONN_MAX_AGE": None,
        "OPTIONS": {"options": "-c search_path=plain"},
    }
}
REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "UNAUTHENTICATED_USER": None,
}
