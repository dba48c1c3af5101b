"""Lists that counselors receive, and the reasons on them."""
