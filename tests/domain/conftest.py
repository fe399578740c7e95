"""Property tests try the same examples everywhere, so that a build is green or red by its code."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "same-everywhere",
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],  # that is the machine
)
settings.load_profile("same-everywhere")
