"""Scoring, publishing and verifying."""
