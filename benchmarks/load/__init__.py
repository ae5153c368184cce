"""Studies of a million items, and raters who come to them at once. `../rating.py` and
`../drawing.py` put it together.

Django is imported where it is used only: the benchmarks first say which settings to use.
"""
