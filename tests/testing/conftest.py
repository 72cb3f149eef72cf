"""What the entry point does where the distribution is installed, done here in any environment."""

from __future__ import annotations

from ordercore.testing._hypothesis import register

register()
