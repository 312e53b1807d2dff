"""The ledger of stored files, kept by each service that owns pictures."""
