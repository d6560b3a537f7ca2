"""The course in a browser, for one learner and for a class: pages over the use cases that the command line has.

It grades nothing itself: a worker process does, and only pages, the queue and who may see what are decided here.
"""
