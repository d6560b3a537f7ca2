"""The loop behind `grade watch`: a save is answered at once, the training waits for a key; no process outlives it."""
