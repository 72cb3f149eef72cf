"""Fulfilment orders: what a node is to do, from the plan to the buyer's door, stage by stage."""
