"""What was decided on an order, by whom and why, provably complete; and what was refused."""
