"""Route declarations, and their enforcement in one place.

``Route.__call__`` authenticates, authorises, parses the request, opens and commits the transaction, and builds the
response or the error. Handlers contain none of that. A handler receives its arguments by annotation:

- a path part by its name (``id: Id``), the query as ``query: SomeModel``, the JSON body as ``body: SomeModel`` or, to
  read it later, as ``upload: Deferred[SomeModel]``;
- ``Connection`` for the request's transaction (read-only for GET), ``Caller`` for the signed-in user, ``Identity`` for
  routes that anonymous clients may call;
- ``Database`` to open transactions itself: if slow work must not hold one, if a change must remain although the request
  is refused, or if a single query needs none.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from flask import Response, current_app, g, request
from pydantic_core import to_json

from shared import read_your_writes
from shared.errors import FORBIDDEN, NO_FILES_HERE, UNAUTHORIZED, Refusal
from shared.identity import tokens
from shared.identity.tokens import Identity
from shared.web.answers import DocumentWithHeaders, Json, Stream, error_response, with_first
from shared.web.handlers import HandlerSignature

if TYPE_CHECKING:
    from shared.postgres.engine import Database

Function = TypeVar("Function", bound=Callable[..., Any])

LOGIN = "login"
"""The ``permission`` of a route that any signed-in user may call."""

FAILED = "Internal server error"

_log = logging.getLogger("bunko.api")


class Api:
    """A group of routes under ``prefix``, in the order of the documentation."""

    def __init__(
        self, prefix: str, *, tag: str, caller: str = "gateway", gone: Refusal = UNAUTHORIZED
    ) -> None:
        """``caller`` is the only program that may call these routes; ``gone`` is the response to deleted users.

        ``tag`` is the group's name in the OpenAPI document.
        """
        self.prefix = prefix
        self.tag = tag
        self.caller = caller
        self.gone = gone
        self.routes: list[Route] = []

    def get(
        self,
        path: str,
        *,
        permission: str | None,
        replica_ok: bool = False,
        refuses: Sequence[Refusal] = (),
        failed: str = FAILED,
    ) -> Callable[[Function], Function]:
        """Declare a GET route. Its response is the document that the handler returns.

        With ``replica_ok`` it may read from a replica, which has the client's own writes but perhaps not yet those of
        others. Do not set it for reads that decisions are based on.
        """
        return self._declare(
            "GET", path, permission=permission, replica_ok=replica_ok, refuses=refuses, failed=failed
        )

    def post(
        self,
        path: str,
        *,
        permission: str | None,
        done: str | None = None,
        status: int = 200,
        refuses: Sequence[Refusal] = (),
        failed: str = FAILED,
    ) -> Callable[[Function], Function]:
        """Declare a POST route. Its response is the message ``done`` plus the fields that the handler returns."""
        return self._declare(
            "POST", path, permission=permission, done=done, status=status, refuses=refuses, failed=failed
        )

    def delete(
        self,
        path: str,
        *,
        permission: str | None,
        done: str | None = None,
        refuses: Sequence[Refusal] = (),
        failed: str = FAILED,
    ) -> Callable[[Function], Function]:
        """Declare a DELETE route. Its response is the message ``done``."""
        return self._declare("DELETE", path, permission=permission, done=done, refuses=refuses, failed=failed)

    def on_file_service(self, method: str, path: str, *, permission: str | None) -> None:
        """Declare a route that only file nodes serve. This service documents it and answers ``NO_FILES_HERE``."""
        self.routes.append(Route(self, method, path, None, permission=permission))

    def _declare(self, method: str, path: str, **contract: Any) -> Callable[[Function], Function]:
        def declare(function: Function) -> Function:
            self.routes.append(Route(self, method, path, function, **contract))
            return function

        return declare


@dataclass(eq=False)
class Route:
    """A route: method, path, permission, messages and handler."""

    api: Api
    method: str
    path: str
    function: Callable[..., Any] | None
    permission: str | None
    done: str | None = None
    status: int = 200
    refuses: Sequence[Refusal] = ()
    failed: str = FAILED
    replica_ok: bool = False
    signature: HandlerSignature = field(init=False)

    def __post_init__(self) -> None:
        self.signature = HandlerSignature(self.function) if self.function else HandlerSignature(_nothing)

    @property
    def full_path(self) -> str:
        """The path with its prefix; parts are in angle brackets."""
        return self.api.prefix + self.path

    def __call__(self, **parts: str) -> Response:
        """Answer the current request."""
        g.route = self.full_path
        try:
            if self.function is None:
                raise NO_FILES_HERE
            identity = self._identify()
            return self._run(self._arguments(identity, parts))
        except Exception as error:
            return self._error(error)

    def _identify(self) -> Identity:
        """Verify the identity token and the permission; raise 401 or 403."""
        environ = request.environ
        raw_path = str(environ.get("RAW_URI") or environ["REQUEST_URI"]).partition("?")[0]
        identity = tokens.verify(
            request.headers.get(tokens.HEADER),
            tokens.TokenTarget(current_app.name, request.method, raw_path),
            issuer=self.api.caller,
            keys=current_app.extensions["token_keys"],
        )
        g.user_id = identity.caller.id if identity.caller else None
        if self.permission is None:
            return identity
        if identity.state == "gone":
            raise self.api.gone
        if identity.caller is None:
            raise UNAUTHORIZED
        if self.permission != LOGIN and not identity.caller.may(self.permission):
            raise FORBIDDEN
        return identity

    def _arguments(self, identity: Identity, parts: Mapping[str, str]) -> dict[str, Any]:
        arguments = self.signature.from_request(parts)
        if self.signature.caller:
            arguments[self.signature.caller] = identity.caller
        if self.signature.identity:
            arguments[self.signature.identity] = identity
        return arguments

    def _run(self, arguments: dict[str, Any]) -> Response:
        """Call the handler and build the response; use the replica if the route and its state allow it."""
        assert self.function is not None
        if not (self.signature.db or self.signature.database):
            return self._respond(self.function(**arguments))
        database: Database = current_app.extensions["database"]
        replica = database.replica if self.replica_ok else None
        if replica is not None and replica.may_answer(
            read_your_writes.read(request.headers.get(read_your_writes.HEADER))
        ):
            try:
                return self._run_on(replica.database, arguments)
            except Exception as error:
                if not replica.failed(error):
                    raise
        return self._run_on(database, arguments)

    def _run_on(self, database: "Database", arguments: Mapping[str, Any]) -> Response:
        """Call the handler with ``database``, in a transaction if it has a ``Connection`` parameter."""
        assert self.function is not None
        function, db = self.function, self.signature.db
        if self.signature.database:
            arguments = {**arguments, self.signature.database: database}
        if db is None:
            return self._respond(function(**arguments))
        if self.method != "GET":
            return self._respond(database.write(lambda connection: function(**arguments, **{db: connection})))
        with database.reading() as connection:
            return self._respond(function(**arguments, **{db: connection}))

    def _respond(self, result: Any) -> Response:
        if isinstance(result, Response):
            return result
        headers: Sequence[tuple[str, str]] = ()
        if isinstance(result, DocumentWithHeaders):
            result, headers = result.document, result.headers
        body: Any
        if isinstance(result, Stream):
            # The first piece is read here, so that an error before it still gets its own status.
            body = with_first(next(result.pieces, b""), result.pieces)
        elif isinstance(result, Json):
            body = result.text
        elif self.done is not None:
            body = to_json({"data": self.done, "code": self.status} | (result or {}))
        else:
            body = to_json(result)
        response = Response(body, self.status, mimetype="application/json")
        if isinstance(result, Stream):
            response.call_on_close(result.pieces.close)
        response.headers.extend(headers)
        return response

    def _error(self, error: Exception) -> Response:
        """Return the response for an error: its refusal or, for a fault of the program, a logged 500."""
        refusal = error if isinstance(error, Refusal) else None
        if refusal is None and "database" in current_app.extensions:
            refusal = current_app.extensions["database"].refusal(error)
        if refusal is None:
            _log.error("fault in %s %s", self.method, self.full_path, exc_info=error)
            refusal = Refusal(500, self.failed)
        return error_response(refusal)


def _nothing() -> None:
    """Handler of routes that only file nodes serve."""
