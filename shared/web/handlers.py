"""Handler arguments: derived once from a handler's annotations and read from each request."""

import sys
from collections.abc import Callable, Mapping, Sequence
from inspect import Parameter, signature
from typing import Any, get_args, get_origin, get_type_hints

from pydantic import BaseModel, ValidationError

from shared.errors import INVALID, MISSING, Refusal
from shared.identity.tokens import Caller, Identity
from shared.web.parsing import REQUIRED, BodyReader, Deferred, PathPart, QueryReader, blame, is_small


class HandlerSignature:
    """The parameters of a handler, by their annotations (see ``shared.web.routes``).

    ``db``, ``database``, ``caller``, ``identity`` and ``deferred`` are the names of the parameters with that role.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        hints = get_type_hints(function, include_extras=True)
        self.parts: dict[str, PathPart] = {}
        self.optional: dict[str, Any] = {}
        """Optional path part -> its default."""
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
            self._add(name, hints[name], parameter.default)

    def _add(self, name: str, annotation: Any, default: Any) -> None:
        if _is_type_of(annotation, "sqlalchemy", "Connection"):
            self.db = name
        elif _is_type_of(annotation, "shared.postgres.engine", "Database"):
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
        """Return the arguments in the current request; raise one 400 that names all wrong fields."""
        arguments, problems = self._from_path(parts)
        for name, reader in (("query", self.query), ("body", self.body)):
            if reader is None:
                continue
            if name == "body" and self.deferred:
                arguments[self.deferred] = Deferred(self.body)  # type: ignore[arg-type]  # set together
                # If the path is wrong, the body is read only to report its errors, and only if it is small.
                if not (problems and is_small()):
                    continue
            try:
                arguments[name] = reader.read()
            except Refusal as refusal:
                problems.append(refusal)
        if problems:
            raise merged(problems)
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
    """Return whether ``annotation`` is the type ``name`` of ``module``, without importing ``module``.

    The file service runs without SQLAlchemy. A handler that uses the type in an annotation has imported its module.
    """
    return annotation is getattr(sys.modules.get(module), name, Parameter.empty)


def merged(problems: Sequence[Refusal]) -> Refusal:
    """Merge refusals: all fields, with the text of the highest status; on equal status ``MISSING`` wins."""
    gravest = max(problems, key=lambda problem: (problem.status, problem.text == MISSING.text))
    return gravest.with_errors({name: why for problem in problems for name, why in problem.errors.items()})
