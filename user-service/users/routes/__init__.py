"""The routes of the user service, one module for each URL prefix."""
