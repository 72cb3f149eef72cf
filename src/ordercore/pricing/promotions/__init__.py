"""Promotions: what they take off, of what, when, for whom, and who pays for it.

One mechanism for all of them. A promotion is data: a *condition* (a rule over the cart's facts), a
*selector* of lines, an *effect*, and its *place* (stage, then priority, then id). An effect says
what it would take in the state that the promotions before it have left: an :class:`~.offers.Offer`,
amounts off line by line, never unit by unit. Only :class:`~.calculation.Calculation` takes, and it
caps what it takes at what is left, so no effect can overdraw a line, whatever it offers.

Each effect is a value in a module of its kind (:mod:`.percents`, :mod:`.amounts`, :mod:`.ladders`);
:mod:`.effects` closes their union, and :mod:`.offers` holds the arithmetic of each.
"""
