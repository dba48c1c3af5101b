"""Audit, gate and suppression."""
