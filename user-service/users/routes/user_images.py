"""Routes of profile images. File nodes serve them."""

from shared.web.routes import LOGIN, Api
from users.refusals import USER_NOT_FOUND

api = Api("/user", tag="File operations", gone=USER_NOT_FOUND)

api.on_file_service("POST", "/update-image/<id>", permission=LOGIN)
api.on_file_service("DELETE", "/delete-image/<id>", permission=LOGIN)
api.on_file_service("GET", "/avatar/<id>/<res>", permission=None)
