"""Taxes: the table, a buyer's standing, what is assessed and how it is shared to units."""
