"""One module per signal, and the matrix that joins them."""
