"""CANARY-in-the-solution: no submission may ever read this line."""
