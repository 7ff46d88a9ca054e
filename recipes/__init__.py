"""One runnable module per experiment: `python -m recipes.NAME --help`."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # before TensorFlow starts: no start-up notes
