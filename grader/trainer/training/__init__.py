"""Runs a training, records it, replays it and measures the trained model. Never reads a student's file."""
