"""Routes: each states its whole contract once, and one place enforces it.

``Route.__call__`` is the only code that identifies, authorises, parses, opens and commits
transactions, words errors and wraps answers, so that no route can forget any of it. A route's
function says what it wants by annotation:

- a path part by its name (``id: Id``), the query as ``query: SomeModel``, the JSON body as
  ``body: SomeModel`` or, to be read only when asked for, ``upload: Deferred[SomeModel]``;
- ``Connection`` for the transaction (read-only for GET), ``Caller`` for who is signed in,
  ``Identity`` where nobody needs to be; ``Database`` to open transactions of its own, where slow work must not hold
  one, where something is to stay written though the request is refused, or where one query needs none.
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

if TYPE_CHECKING:
    from shared.postgres.engine import Database
from shared.web.answers import DocumentWithHeaders, Json, Stream, _resumed, error_response
from shared.web.handlers import HandlerSignature

Function = TypeVar("Function", bound=Callable[..., Any])

LOGIN = "login"
"""What a route ``needs`` when being signed in is enough."""

FAILED = "Internal server error"

_log = logging.getLogger("bunko.api")


class Api:
    """One page of routes: those under ``prefix``, in the order of their documentation."""

    def __init__(
        self, prefix: str, *, tag: str, caller: str = "gateway", gone: Refusal = UNAUTHORIZED
    ) -> None:
        """Open a page.

        ``caller`` is the one program that may call it; ``gone`` is the answer to somebody whose
        account has been deleted.
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
        """Declare a read: it answers what its function returns.

        What ``may_lag`` may come from a replica of the database that knows what the reader has written, but not yet
        all that others have: never a read by which anything is decided.
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
        """Declare a change: it answers ``done`` and what its function returns beside that."""
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
        """Declare a removal: it answers ``done``."""
        return self._declare("DELETE", path, permission=permission, done=done, refuses=refuses, failed=failed)

    def on_file_service(self, method: str, path: str, *, permission: str | None) -> None:
        """Declare a route that only file nodes serve: here it is refused before all else."""
        self.routes.append(Route(self, method, path, None, permission=permission))

    def _declare(self, method: str, path: str, **contract: Any) -> Callable[[Function], Function]:
        def declare(function: Function) -> Function:
            self.routes.append(Route(self, method, path, function, **contract))
            return function

        return declare


@dataclass(eq=False)
class Route:
    """One documented route: method, path, permission, texts, and the function behind it."""

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
    signature: "HandlerSignature" = field(init=False)

    def __post_init__(self) -> None:
        self.signature = HandlerSignature(self.function) if self.function else HandlerSignature(_nothing)

    @property
    def full_path(self) -> str:
        """The whole path, its parts in angle brackets."""
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
        """Who asks; 401 or 403 for those who may not."""
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
        """Call the function and wrap its answer; read from the replica where that may and can be."""
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
        """Call the function with a database, in a transaction if it wants one."""
        assert self.function is not None
        function, db = self.function, self.signature.db
        if self.signature.database:
            arguments = {**arguments, self.signature.database: database}
        if db is None:
            return self._respond(function(**arguments))
        if self.method != "GET":
            return self._respond(database.write(lambda open_: function(**arguments, **{db: open_})))
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
            # The first piece is read here, while a failure can still become a status.
            body = _resumed(next(result.pieces, b""), result.pieces)
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
        """Answer an error: in its own words if it is a refusal, else as a fault of ours."""
        refusal = error if isinstance(error, Refusal) else None
        if refusal is None and "database" in current_app.extensions:
            refusal = current_app.extensions["database"].refusal(error)
        if refusal is None:
            _log.error("fault in %s %s", self.method, self.full_path, exc_info=error)
            refusal = Refusal(500, self.failed)
        return error_response(refusal)


def _nothing() -> None:
    """Stand where a route has no function here."""
