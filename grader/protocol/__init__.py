"""What the processes say to each other, and how it travels: typed, bounded messages. Nothing here is pickled or evaluated."""
