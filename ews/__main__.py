"""``python -m ews`` is the same program as ``ews``."""

from ews.cli import main

main()
