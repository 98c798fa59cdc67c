"""The program that runs a learner's function in a process of its own.

It is copied to a temporary folder and started from there, so it imports the standard library and NumPy alone, and from this
folder alone.
"""
