"""The pages of the file service: the routes that need pixels or bytes."""
