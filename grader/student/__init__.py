"""Runs inside the sandbox: loads the student's file and turns its `fit` calls into orders. Trusted by nobody."""
