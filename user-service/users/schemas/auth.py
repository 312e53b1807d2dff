"""Request bodies of logins and registrations."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field

from users.rules.accounts import credential

Text = Annotated[str, AfterValidator(credential)]


class Credentials(BaseModel):
    """A name and a password. Both are NFC-normalised and stripped, like all text."""

    username: Text = Field(
        description="3 to 31 letters, digits, `_`, `-` and `.`; case does not matter.", examples=["reader"]
    )
    password: Text = Field(description="8 to 255 characters.", examples=["correct horse battery staple"])
