"""Request bodies about passwords and sessions."""

from pydantic import BaseModel, Field

from users.schemas.auth import Text


class PasswordChange(BaseModel):
    """The current password and the new one."""

    current_password: Text = Field(examples=["correct horse battery staple"])
    new_password: Text = Field(description="8 to 255 characters.", examples=["staple battery horse correct"])
