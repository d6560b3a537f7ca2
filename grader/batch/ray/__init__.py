"""A class on a Ray cluster: the engine, its workers and what they say to each other. Loaded only where Ray is asked for."""
