"""Ratings made elsewhere: a file is looked at, its columns and scale chosen, then imported.

`columns` recognises, `reading` turns rows into arrays and says why others cannot be used, `files`
keeps both in the database, and the arrays become the `Answers` that every result is computed from.
"""
