"""After the order: what cancels, returns, exchanges and edits do to the amounts of a quote.

What is kept is worth a function of the units kept, and a step gives back the difference of two of
its values; so the way there never matters. The function is one of two, or a mix of them by part:
the shares that the kept units had in the quote, or what they come to in the quote's own terms when
its promotions are asked again.

- :mod:`.after_policy`: every choice, in one value.
- :mod:`.quote_inputs`: what a quote was made from, to ask it again, or to hold it against.
- :mod:`.reevaluation`: the quote's promotions on the units kept.
- :mod:`.restocking`: the fee for taking goods back.
- :mod:`.requoting`: the quote of an order that is edited.
"""
