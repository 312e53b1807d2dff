"""The ledger of stored files, one in each service that owns pictures."""
