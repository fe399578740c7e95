"""Errors that stop a month end."""


class SandboxError(Exception):
    """One clear sentence for the person who typed `make month-end`: fault, place, next step."""
