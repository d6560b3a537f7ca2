"""Sending grades to an LMS by its published interface: reads what is there, plans, sends; never takes grades from it."""
