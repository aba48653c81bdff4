"""Settings of the tests under tests/viz."""

from hypothesis import settings

# A busy machine is no failure: no test here is about time.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
