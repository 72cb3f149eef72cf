"""The domain core of an order system."""
