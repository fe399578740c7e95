"""The command-line tool `invoices`, for work with the archive beside its daily runs."""
