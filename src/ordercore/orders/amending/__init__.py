"""Changing an order that is under way: edits with a preview, exchanges, splitting and merging."""
