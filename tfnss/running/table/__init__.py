"""A table of a paper as an experiment: many runs, in one folder, side by side with the paper's figures.

- `declaration`: what a table is: its cells, each a recipe under settings.
- `plan`: what a folder's table was asked to be, and the jobs of it: a cell under a seed each.
- `perform`: one job, in a process of its own: a run, trained and measured.
- `child`, `working`, `cluster`: that process; all jobs one after the other; or on a Dask cluster.
- `comparison`, `outcome`, `writing`: what came of it: `table.json`, `table.md`, `table.html`.

All state lies in the folders of the jobs and in their locks, so that any number of processes may work on one table, and
killing them loses nothing but time.
"""
