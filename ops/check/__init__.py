"""Checks that nothing in an archive was changed or left out. Nothing here writes or repairs."""
