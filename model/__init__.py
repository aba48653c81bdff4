"""The Transformer: everything that turns a Korean text into a Translation. Knows nothing of the app."""
