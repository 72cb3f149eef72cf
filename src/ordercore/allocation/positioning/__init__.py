"""Where stock should stand before orders come: front warehouses filled, surplus moved to shortage.

- :mod:`.outlook`, :mod:`.lane`: what may be asked for where, as chances; what a move costs.
- :mod:`.flow`: the optimum over levels and moves, exact.
- :mod:`.rebalance`, :mod:`.transfer_plan`: the answer, with why no more was moved.
- :mod:`.transfer_rate`: how much of what a channel sold came from nodes of others.
"""
