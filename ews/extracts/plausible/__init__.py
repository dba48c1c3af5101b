"""Whether whole extracts can be true: checks of days, spells and calendars, not of single rows."""
