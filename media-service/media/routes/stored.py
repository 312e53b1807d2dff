"""Declares the route of stored pictures, so that it answers an error without a file node."""

from shared.web.routes import Api

api = Api("/files", tag="Pictures")

api.on_file_service("GET", "/<key>/<name>", permission=None)
