"""The canonical tables, versioned by when they became known; embedded DuckDB."""
