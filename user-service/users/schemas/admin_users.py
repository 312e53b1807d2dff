"""Queries and bodies of the routes on which administrators edit accounts."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field

from shared.fields.values import Flag, Id, Reference, at_most
from shared.web.pagination import PageQuery
from users.rules.accounts import credential
from users.store.administration import UserOrder

RoleIds = Annotated[list[Reference], *at_most(100)]


class UserQuery(PageQuery):
    """Filter and order of the list of users."""

    order: UserOrder = Field(default="name-asc", description="Sorting order.")
    role: Id | None = Field(default=None, description="Only users who have the role of this id.")


class UserChanges(BaseModel):
    """Changes to a user. Fields that are null or not sent stay as they are."""

    username: Annotated[str, AfterValidator(credential)] = Field(
        description="3 to 31 letters, digits, `_`, `-` and `.`", examples=["reader"]
    )
    age_verified: Flag | None = None
    added_roles: RoleIds = Field(default=[], description="Ids of roles to give.")
    removed_roles: RoleIds = Field(default=[], description="Ids of roles to take away.")
