"""Client of the services that own pictures."""
