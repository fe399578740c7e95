"""Measurements of a month's time and memory, each printed and compared with a limit."""
