"""Property tests try the same examples everywhere, so that a build is green or red by its code."""

from hypothesis import settings

settings.register_profile("same-everywhere", derandomize=True, deadline=None, database=None)
settings.load_profile("same-everywhere")
