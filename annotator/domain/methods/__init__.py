"""How a study was done, as a methods section says it: what Otani et al. (CVPR 2023) ask to report.

`facts` collects from the database, `topics` says it in sentences and answers, `latex` sets those.
Whatever the site does not know is said to be missing, in its place.
"""
