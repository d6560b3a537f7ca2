"""What is kept of a grading: the run and the verdict. Plain records that compute nothing and import nothing of ours but errors."""
