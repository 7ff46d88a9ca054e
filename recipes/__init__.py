"""One runnable module per experiment: `python -m recipes.NAME --help`, or `tfnss train NAME --help` from anywhere."""

from tfnss.running.catalogue import own_package

own_package("models")  # whatever lies in the working directory
