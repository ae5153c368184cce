"""Ratings made elsewhere: a file is looked at, its columns and scale chosen, then imported.

`opening` decodes a file, `columns` recognises, `choices` are what a person decides, `reading` turns
rows into the arrays of `cells`, `scales` guesses
the scale and `judging` says which rows cannot be used and why: together an `inspection`, of which
a person sees the `preview`. `files` keeps it in the database; its `arrays` become the `Answers`
that every result is computed from.
"""
