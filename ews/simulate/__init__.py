"""A district whose true risk is known."""
