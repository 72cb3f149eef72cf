"""Promotions: what they take off, of what, when, for whom, and who pays for it.

One mechanism for all of them. A promotion is data: a *condition* (a rule over the cart's facts), a
*selector* of lines, an *effect*, its *place* (stage, stacking group, priority, id), its *limits*
and its *funders*. An effect says what it would take in the state that the promotions before it
have left: an offer, amounts off line by line and the units that it uses up, never unit by unit.
Only the calculation takes, and it caps what it takes at what is left, so no effect can overdraw a
line.

Where to find what:

- :mod:`.percents`, :mod:`.amounts`, :mod:`.ladders`, :mod:`.deals`: the effects, values only;
  :mod:`.effects` closes their union.
- :mod:`.gifts`, :mod:`.points`: what is given beside, and what points pay; :mod:`.giving`: which
  gifts and points in a given state.
- :mod:`.offers`: the arithmetic of each effect; :mod:`.units` that of deals over runs of units.
- :mod:`.sight`: what a promotion sees, by the policy; :mod:`.splits`: how amounts are shared out.
- :mod:`.stacking`, :mod:`.application`: groups and reaches, and the walk through all turns.
- :mod:`.search`: the best combination, with its bound.
- :mod:`.thresholds`, :mod:`.ways`: how far off a promotion is, by its effect and its condition.
- :mod:`.promotion`, :mod:`.short_forms`, :mod:`.coupon`: what users write.
- :mod:`.floors`, :mod:`.discount_limit`, :mod:`.capping`: limits within a quote, and how they cut.
- :mod:`.meter`, :mod:`.counting`, :mod:`.claims`: limits over orders, what they have counted, and
  what a quote takes of them.
"""
