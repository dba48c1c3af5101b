"""``ews init --from``: what the files of a folder are, proposed for a person to decide."""
