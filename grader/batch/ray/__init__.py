"""A class on a Ray cluster: the engine, its workers and their messages. Loaded only for `--engine ray`."""
