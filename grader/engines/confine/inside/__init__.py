"""The keeper: a small program with nothing but the standard library that confines student code and outlives it.

It is started as `python -I -S` with this folder's parent on the path, so its modules import each other relatively and
avoid what is slow to import; the front process imports none of them.
"""
