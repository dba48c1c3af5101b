"""Early-warning lists for chronic absence."""
