"""The pages that reviewers open: one for each billing period and one for the whole archive.

Each is self-contained: it loads no script, font or picture from anywhere.
"""
