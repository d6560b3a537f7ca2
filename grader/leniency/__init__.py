"""What files may say in other words than today's: one table per fact, read by notes, aliases and `grade explain`. Runs nothing."""
