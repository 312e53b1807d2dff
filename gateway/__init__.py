"""The gateway: Bunko's public address. It authenticates callers and forwards requests by path prefix."""
