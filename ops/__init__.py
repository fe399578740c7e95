"""The command-line tool `invoices`: what people do with the archive beside its daily runs."""
