"""How well-known platforms word the statuses of an order, as policies over our quantities."""
