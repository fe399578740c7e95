"""The parts of the page of a billing period, in the order of `period_page`."""
