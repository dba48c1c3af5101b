"""Rates of chronic absence under several definitions, side by side, and what explains their differences."""
