"""Purging: taking a student or a period out of everything a workspace holds, and saying what stays."""
