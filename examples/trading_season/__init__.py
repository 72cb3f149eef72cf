"""A season of real orders, carried from the channel to the last refund by ordercore."""
