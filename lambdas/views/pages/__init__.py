"""The pages that reviewers open: one for each billing period and one for the whole archive.

They need nothing but themselves: no script, no font, no picture from anywhere.
"""
