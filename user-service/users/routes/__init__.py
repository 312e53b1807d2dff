"""The pages of the user service, one module per URL prefix."""
