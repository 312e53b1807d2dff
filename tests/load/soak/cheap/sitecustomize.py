"""Makes passwords cheap to hash in the program that starts with this folder on its path, for trials of many races."""

from typing import Any

import argon2


class _Cheap(argon2.PasswordHasher):
    def __init__(self, **_: Any) -> None:
        super().__init__(time_cost=1, memory_cost=64, parallelism=1)


argon2.PasswordHasher = _Cheap  # type: ignore[misc, assignment]
