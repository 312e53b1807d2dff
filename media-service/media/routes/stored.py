"""Stored pictures by path: where there is no file node, this service has to say so."""

from shared.web.routes import Api

api = Api("/files", tag="Pictures")

api.on_file_service("GET", "/<key>/<name>", permission=None)
