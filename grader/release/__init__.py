"""What leaves a course: the students' repository, and bundles for grading services; never a solution, key or history."""
