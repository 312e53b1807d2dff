"""The behaviour of each route and each published view for hidden entries."""

GUARDED = "only those with a permission that Members do not have get any answer"
OWN = "shows and changes nothing but what is the caller's own"
OTHERS = "is about neither series nor volumes"
KEY = "who knows the key may see the picture"
MATRIX = {
    "GET /volumes/slug/<slug>": "Volume not found",
    "GET /volumes/cover/<id>/<type>/<res>": "Cover not found",
    "GET /series/editions/<id>": "Series not found",
    "POST /user/collection/add/<volumeId>": "Volume not found",
    "POST /user/reading-status/add/<id>": "Series not found",
    "POST /user/series-rating/add/<id>": "Series not found",
    "GET /files/<key>/<name>": KEY,
    "GET /media/image/<id>/<res>": OTHERS,
    "GET /user/avatar/<id>/<res>": OTHERS,
    "POST /auth/register": OTHERS,
    "POST /auth/login": OTHERS,
    "GET /auth/me": OWN,
    "POST /auth/logout": OWN,
    "GET /user/sessions": OWN,
    "DELETE /user/sessions/<id>": OWN,
    "POST /user/change-password": OWN,
    "POST /users/<id>/save-settings": OWN,
    "GET /user/reading-history": OWN,
    "GET /user/reading-status/id/<id>": OWN,
    "POST /user/reading-status/update/<id>": OWN,
    "DELETE /user/reading-status/delete/<id>": OWN,
    "GET /user/series-rating/<id>": OWN,
    "GET /user/series-rating/id/<id>": OWN,
    "POST /user/series-rating/update/<id>": OWN,
    "DELETE /user/series-rating/delete/<id>": OWN,
    "GET /user/collection": OWN,
    "GET /user/collection/stats/general": OWN,
    "POST /user/collection/update/<id>": OWN,
    "DELETE /user/collection/delete/<id>": OWN,
    "POST /user/update-image/<id>": OWN,
    "DELETE /user/delete-image/<id>": OWN,
    **dict.fromkeys(
        [
            *("GET /admin-volumes", "GET /admin-volumes/names", "GET /admin-volumes/groups/<id>"),
            *("POST /admin-volumes/reorder-groups", "GET /admin-volumes/id/<id>"),
            *("POST /admin-volumes/regen-slug/<id>", "POST /admin-volumes/edit-volume/<id>"),
            *("POST /admin-volumes/update-order", "POST /admin-volumes/add-group"),
            *("DELETE /admin-volumes/delete-group/<id>", "POST /admin-volumes/restore-group/<id>"),
            *("DELETE /admin-volumes/purge-group/<id>", "POST /admin-volumes/edit-group/<id>"),
            *("POST /admin-volumes/add-volume", "DELETE /admin-volumes/delete-volume/<id>"),
            *("POST /admin-volumes/update-image/<id>/<type>", "POST /admin-volumes/recrop-image/<id>/<type>"),
            *(
                "GET /admin-volumes/original-image/<id>/<type>",
                "DELETE /admin-volumes/delete-image/<id>/<type>",
            ),
            *("GET /admin-series", "GET /admin-series/id/<id>", "POST /admin-series/add"),
            *("POST /admin-series/edit/<id>", "DELETE /admin-series/delete/<id>"),
            *("POST /admin/lock", "DELETE /admin/remove-lock"),
            *("GET /media", "GET /media/similar/<id>", "POST /media/edit/<id>"),
            *("POST /media/add", "DELETE /media/delete/<id>"),
            *("GET /admin-users", "GET /admin-users/id/<id>", "POST /admin-users/edit/<id>"),
            *("POST /admin-users/logout/<id>", "DELETE /admin-users/delete/<id>"),
            *("POST /admin-users/update-image/<id>", "DELETE /admin-users/delete-image/<id>"),
            "GET /admin-roles",
        ],
        GUARDED,
    ),
}
"""Route -> its 404 for the id of a hidden entry, or the reason why it shows no hidden entry."""
PUBLISHED = {
    "catalog.series_card": "column",
    "catalog.volume_card": "column",
    "catalog.media_usage": "numbers by the id of a medium, for those with view-media alone",
    "media.media_card": "media of a volume: asked for one that is shown",
    "users.active_session": "about neither series nor volumes",
    "users.series_rating_summary": "numbers by the id of a series: asked for one that is shown",
}
"""View that another service may read -> a column ``hidden``, or why none is needed."""
