"""Drawings in PNG, with Matplotlib: the one room that imports it, and only when a picture was asked for."""
