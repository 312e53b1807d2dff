"""The services that own pictures."""
