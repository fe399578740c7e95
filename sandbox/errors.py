"""What stops a month end."""


class SandboxError(Exception):
    """One clear sentence for the person who typed `make month-end`: what, which one, what to do."""
