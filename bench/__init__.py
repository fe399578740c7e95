"""Measurements: what a month costs in time and memory, printed and judged by a limit."""
