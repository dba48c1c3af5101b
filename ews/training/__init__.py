"""Training end to end: fit, judge, report, and register what the gate did not fail."""
