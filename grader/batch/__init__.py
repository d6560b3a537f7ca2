"""A whole class at once: where submissions come from, grading them side by side, and going on after an interruption."""
