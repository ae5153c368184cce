"""What the site does, in the order of a study's life. No module here sees a request.

* `design` — a study is set up: questions, phases, examples, gold items, the plan of what is judged
* `material` — prompts come in, pictures and heat maps are made
* `raters` — people come in by links and panels, are stopped, leave, are erased
* `rating` — who rates what: items are drawn, answers stored
* `monitoring` — how it goes: overview, quality of answers, concerns, cost
* `results` — opinion, agreement and comparisons, computed from answers
* `browse` — single items, words and raters to look through
* `export` — files to take away, snapshots; `methods` — the report of how it was done
* `elsewhere` — ratings made elsewhere; `simulation` — raters who do not exist
* `analyses`, `experiments`, `mask_comparisons` — what workers compute in the background
"""
