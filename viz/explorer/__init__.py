"""The linked attention canvas: `explorer.py` packs a Translation, the files in `js/` draw it."""
