"""PostgreSQL: connections, transactions, prepared statements, replica."""
