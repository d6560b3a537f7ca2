"""The referee: a trusted process with NumPy alone that makes cases, compares answers and never runs student code."""
