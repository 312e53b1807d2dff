"""The gateway: the public address. It says who is calling and knows prefixes, not routes."""
