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
import sys
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from inspect import Parameter, signature
from typing import TYPE_CHECKING, Any, Generic, TypeVar, get_args, get_origin, get_type_hints

from flask import Response, current_app, g, request
from pydantic import BaseModel, ValidationError
from pydantic_core import to_json

from shared import tokens, written
from shared.parsing import REQUIRED, BodyReader, Deferred, PathPart, QueryReader, blame, is_small
from shared.refusals import FORBIDDEN, INVALID, MISSING, NO_FILES_HERE, UNAUTHORIZED, Refusal
from shared.tokens import Caller, Identity

if TYPE_CHECKING:
    from shared.database import Database

Function = TypeVar("Function", bound=Callable[..., Any])
Document = TypeVar("Document")

LOGIN = "login"
"""What a route ``needs`` when being signed in is enough."""

FAILED = "Internal server error"

_log = logging.getLogger("bunko.api")


@dataclass(frozen=True, slots=True)
class Json(Generic[Document]):
    """A document that is JSON text already, as PostgreSQL builds it."""

    text: str | bytes


@dataclass(frozen=True, slots=True)
class Stream(Generic[Document]):
    """A document that is sent while it is still being read, in pieces of JSON text.

    They are made when all is said about the request: what they are read from they open themselves.
    """

    pieces: Generator[bytes, None, None]


@dataclass(frozen=True, slots=True)
class Answer(Generic[Document]):
    """A document with response headers of its own, such as a cookie."""

    document: Document
    headers: Sequence[tuple[str, str]] = ()


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
        needs: str | None,
        may_lag: bool = False,
        refuses: Sequence[Refusal] = (),
        failed: str = FAILED,
    ) -> Callable[[Function], Function]:
        """Declare a read: it answers what its function returns.

        What ``may_lag`` may come from a replica of the database that knows what the reader has written, but not yet
        all that others have: never a read by which anything is decided.
        """
        return self._declare("GET", path, needs=needs, may_lag=may_lag, refuses=refuses, failed=failed)

    def post(
        self,
        path: str,
        *,
        needs: str | None,
        done: str | None = None,
        status: int = 200,
        refuses: Sequence[Refusal] = (),
        failed: str = FAILED,
    ) -> Callable[[Function], Function]:
        """Declare a change: it answers ``done`` and what its function returns beside that."""
        return self._declare(
            "POST", path, needs=needs, done=done, status=status, refuses=refuses, failed=failed
        )

    def delete(
        self,
        path: str,
        *,
        needs: str | None,
        done: str | None = None,
        refuses: Sequence[Refusal] = (),
        failed: str = FAILED,
    ) -> Callable[[Function], Function]:
        """Declare a removal: it answers ``done``."""
        return self._declare("DELETE", path, needs=needs, done=done, refuses=refuses, failed=failed)

    def on_file_service(self, method: str, path: str, *, needs: str | None) -> None:
        """Declare a route that only file nodes serve: here it is refused before all else."""
        self.routes.append(Route(self, method, path, None, needs=needs))

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
    needs: str | None
    done: str | None = None
    status: int = 200
    refuses: Sequence[Refusal] = ()
    failed: str = FAILED
    may_lag: bool = False
    wants: "Wants" = field(init=False)

    def __post_init__(self) -> None:
        self.wants = Wants(self.function) if self.function else Wants(_nothing)

    @property
    def address(self) -> str:
        """The whole path, its parts in angle brackets."""
        return self.api.prefix + self.path

    def __call__(self, **parts: str) -> Response:
        """Answer the current request."""
        g.route = self.address
        try:
            if self.function is None:
                raise NO_FILES_HERE
            identity = self._identify()
            return self._run(self._arguments(identity, parts))
        except Exception as error:
            return self._refuse(error)

    def _identify(self) -> Identity:
        """Who asks; 401 or 403 for those who may not."""
        environ = request.environ
        raw_path = str(environ.get("RAW_URI") or environ["REQUEST_URI"]).partition("?")[0]
        identity = tokens.verify(
            request.headers.get(tokens.HEADER),
            tokens.Target(current_app.name, request.method, raw_path),
            issuer=self.api.caller,
            keys=current_app.extensions["token_keys"],
        )
        g.user_id = identity.caller.id if identity.caller else None
        if self.needs is None:
            return identity
        if identity.state == "gone":
            raise self.api.gone
        if identity.caller is None:
            raise UNAUTHORIZED
        if self.needs != LOGIN and not identity.caller.may(self.needs):
            raise FORBIDDEN
        return identity

    def _arguments(self, identity: Identity, parts: Mapping[str, str]) -> dict[str, Any]:
        arguments = self.wants.from_request(parts)
        if self.wants.caller:
            arguments[self.wants.caller] = identity.caller
        if self.wants.identity:
            arguments[self.wants.identity] = identity
        return arguments

    def _run(self, arguments: dict[str, Any]) -> Response:
        """Call the function and wrap its answer; read from the replica where that may and can be."""
        assert self.function is not None
        if not (self.wants.db or self.wants.database):
            return self._answer(self.function(**arguments))
        database: Database = current_app.extensions["database"]
        replica = database.replica if self.may_lag else None
        if replica is not None and replica.may_answer(written.read(request.headers.get(written.HEADER))):
            try:
                return self._run_on(replica.database, arguments)
            except Exception as error:
                if not replica.failed(error):
                    raise
        return self._run_on(database, arguments)

    def _run_on(self, database: "Database", arguments: Mapping[str, Any]) -> Response:
        """Call the function with a database, in a transaction if it wants one."""
        assert self.function is not None
        function, db = self.function, self.wants.db
        if self.wants.database:
            arguments = {**arguments, self.wants.database: database}
        if db is None:
            return self._answer(function(**arguments))
        if self.method != "GET":
            return self._answer(database.write(lambda open_: function(**arguments, **{db: open_})))
        with database.reading() as connection:
            return self._answer(function(**arguments, **{db: connection}))

    def _answer(self, result: Any) -> Response:
        if isinstance(result, Response):
            return result
        headers: Sequence[tuple[str, str]] = ()
        if isinstance(result, Answer):
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

    def _refuse(self, error: Exception) -> Response:
        """Answer an error: in its own words if it is a refusal, else as a fault of ours."""
        refusal = error if isinstance(error, Refusal) else None
        if refusal is None and "database" in current_app.extensions:
            refusal = current_app.extensions["database"].refusal(error)
        if refusal is None:
            _log.error("fault in %s %s", self.method, self.address, exc_info=error)
            refusal = Refusal(500, self.failed)
        return refused(refusal)


class Wants:
    """What a route's function asks for by annotation, worked out once."""

    def __init__(self, function: Callable[..., Any]) -> None:
        hints = get_type_hints(function, include_extras=True)
        self.parts: dict[str, PathPart] = {}
        self.optional: dict[str, Any] = {}
        """Parts that may be left out -> what they are then."""
        self.query: QueryReader[Any] | None = None
        self.body: BodyReader[Any] | None = None
        self.deferred: str | None = None
        self.db: str | None = None
        self.database: str | None = None
        self.caller: str | None = None
        self.identity: str | None = None
        self.annotations: Mapping[str, Any] = hints
        self.returns: Any = hints.get("return")
        for name, parameter in signature(function).parameters.items():
            self._note(name, hints[name], parameter.default)

    def _note(self, name: str, annotation: Any, default: Any) -> None:
        if _is_type_of(annotation, "sqlalchemy", "Connection"):
            self.db = name
        elif _is_type_of(annotation, "shared.database", "Database"):
            self.database = name
        elif annotation is Caller:
            self.caller = name
        elif annotation is Identity:
            self.identity = name
        elif get_origin(annotation) is Deferred:
            self.deferred, self.body = name, BodyReader(get_args(annotation)[0])
        elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
            if name == "query":
                self.query = QueryReader(annotation)
            else:
                self.body = BodyReader(annotation)
        else:
            self.parts[name] = PathPart(name, annotation)
            if default is not Parameter.empty:
                self.optional[name] = default

    def from_request(self, parts: Mapping[str, str]) -> dict[str, Any]:
        """Return the function's arguments out of the current request; one 400 for all that is wrong with it."""
        arguments, problems = self._from_path(parts)
        for name, reader in (("query", self.query), ("body", self.body)):
            if reader is None:
                continue
            if name == "body" and self.deferred:
                arguments[self.deferred] = Deferred(self.body)  # type: ignore[arg-type]  # set together
                # With the address wrong the body is read for its faults alone, and only if that costs nothing.
                if not (problems and is_small()):
                    continue
            try:
                arguments[name] = reader.read()
            except Refusal as refusal:
                problems.append(refusal)
        if problems:
            raise together(problems)
        return arguments

    def _from_path(self, parts: Mapping[str, str]) -> tuple[dict[str, Any], list[Refusal]]:
        arguments: dict[str, Any] = {}
        problems: list[Refusal] = []
        for name, part in self.parts.items():
            try:
                if parts.get(name, "").strip():
                    arguments[name] = part.read(parts[name])
                elif name not in self.optional:
                    problems.append(MISSING.with_errors({name: REQUIRED}))
            except ValidationError as error:
                problems.append(INVALID.with_errors({name: next(iter(blame(error).errors.values()))}))
        return arguments, problems


def _is_type_of(annotation: Any, module: str, name: str) -> bool:
    """Whether ``annotation`` is a type of a module that is not imported here.

    The file service has no database and runs without SQLAlchemy; who annotates with a type has imported it.
    """
    return annotation is getattr(sys.modules.get(module), name, Parameter.empty)


def together(problems: Sequence[Refusal]) -> Refusal:
    """Return one refusal for several: the gravest text, all fields named."""
    gravest = max(problems, key=lambda problem: (problem.status, problem.text == MISSING.text))
    return gravest.with_errors({name: why for problem in problems for name, why in problem.errors.items()})


def refused(refusal: Refusal) -> Response:
    """Return the response of a refusal."""
    response = Response(to_json(refusal.document()), refusal.status, mimetype="application/json")
    response.headers.update(refusal.headers)
    return response


def _resumed(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _nothing() -> None:
    """Stand where a route has no function here."""
