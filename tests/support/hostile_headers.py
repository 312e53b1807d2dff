"""Headers that could be mistaken for the identity header or could redirect a request."""

from shared.identity import tokens

Headers = list[tuple[str, str]]
SPELLINGS = [
    *(
        "Bunko_Identity",
        "BUNKO_IDENTITY",
        "bunko_identity",
        "bunko_Identity",
        "Bunko.Identity",
        "bunko.identity",
    ),
    *(
        "Bunko--Identity",
        "Bunko-_Identity",
        "Bunko-Identity-",
        "-Bunko-Identity",
        "Bunko-Identity_",
        "BunkoIdentity",
    ),
    *(
        "HTTP_BUNKO_IDENTITY",
        "HTTP-Bunko-Identity",
        "HTTP-BUNKO_IDENTITY",
        "http_bunko_identity",
        "Http-Bunko-Identity",
    ),
    *("X-Bunko-Identity", "X_Bunko_Identity", "X-Identity", "Identity", "X-User", "X-User-Id", "Remote-User"),
    *("REMOTE_USER", "Remote_User", "AUTH_TYPE", "X-Remote-User", "X-Forwarded-User", "X-Auth-Request-User"),
    *(
        "X-Auth-Request-Groups",
        "X-Forwarded-Groups",
        "X-Forwarded-Email",
        "X-Authenticated-User",
        "X.Authenticated.User",
    ),
    *(
        "X-Original-User",
        "X-Client-Cert",
        "X-SSL-Client-Verify",
        "Authorization",
        "Proxy-Authorization",
        "X-API-Key",
    ),
    *("Bunko-Identity ", "Bunko-Identity\t", " Bunko-Identity", "Bunko-Identity\x0b", "Bunko-Identity\x00"),
    *(
        "Bunko-Identity\xa0",
        "Bunko\u00adIdentity",
        "B\xfanko-Identity",
        "Bunko%2dIdentity",
        "Bunko-Identity:x",
    ),
    *(
        "wsgi.url_scheme",
        "wsgi.input",
        "werkzeug.request",
        "RAW_URI",
        "REQUEST_URI",
        "PATH_INFO",
        "QUERY_STRING",
    ),
    *(
        "REQUEST_METHOD",
        "SERVER_NAME",
        "Bunko Identity",
        "Bunko/Identity",
        "Bunko@Identity",
        "(Bunko-Identity)",
    ),
]
"""Other spellings of the identity header, and identity headers of other systems."""
PLACES = [
    *(
        "SCRIPT_NAME",
        "Script-Name",
        "SCRIPT-NAME",
        "X-Script-Name",
        "X-Forwarded-Prefix",
        "X_Forwarded_Prefix",
    ),
    *("X-Original-URL", "X-Rewrite-URL", "X-Forwarded-Uri", "X-Forwarded-Path", "X-HTTP-Method-Override"),
    *("X-HTTP-Method", "X-Method-Override", "X-Forwarded-Host", "X-Forwarded-Server", "X-Host", "Forwarded"),
    *("X-Forwarded-Proto", "X-Forwarded-Port", "X-Forwarded-Ssl", "X-Real-IP", "Client-IP", "True-Client-IP"),
]
"""Headers that redirect a request in systems that trust them."""


def headers_with(token: str) -> dict[str, Headers]:
    """Return the headers of each attempt to pass ``token`` other than in the identity header, by name."""
    found: dict[str, Headers] = {name: [(name, token)] for name in SPELLINGS}
    found |= {name: [(name, value)] for name in PLACES for value in ("/auth",)}
    found |= {
        "twice": [(tokens.HEADER, token), (tokens.HEADER, token)],
        "twice, first blank": [(tokens.HEADER, ""), (tokens.HEADER, token)],
        "twice, last blank": [(tokens.HEADER, token), (tokens.HEADER, "")],
        "twice, another spelling": [("bunko-identity", "x"), ("Bunko_Identity", token)],
        "a list": [(tokens.HEADER, f"{token},{token}")],
        "quoted": [(tokens.HEADER, f'"{token}"')],
        "folded": [(tokens.HEADER, f"\r\n {token}")],
        "named by Connection": [(tokens.HEADER, token), ("Connection", tokens.HEADER), (tokens.HEADER, "x")],
        "a trailer": [("Trailer", tokens.HEADER), ("Bunko_Identity", token)],
    }
    return found
