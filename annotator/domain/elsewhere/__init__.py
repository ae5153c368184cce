"""Ratings made elsewhere: a file is looked at, its columns and scale chosen, then imported.

`opening` decodes a file, `columns` recognises, `choices` are what a person decides, `reading` turns
rows into the arrays of `cells`, `scales` guesses the scale, `rounds` tells repeats from duplicates
and `judging` says which rows cannot be used and why: together an `inspection`, of which a person
sees the `preview`. `files` keeps it in the database; its `arrays`, once `stored`, are the answers
that every result is computed from, and `tidy` makes a table of them again.
"""
