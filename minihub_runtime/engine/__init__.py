"""A graph becomes numbers.

Reading order: `plan` (a graph compiled to a list of steps, and the loop that runs it), `loops` (a loop is three plans),
`state` (what lives longer than a run: variables, tables, random streams), `runner` (feeds in, fetches out), `recording` (the time that
each kernel takes), `observing` (what each kernel gives), `watching` (what both do it by).
"""
