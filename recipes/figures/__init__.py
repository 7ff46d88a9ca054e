"""The numbers of the papers' tables, a JSON file a paper: the one place where they stand."""

from recipes.figures.lookup import figures as figures
from recipes.figures.lookup import value as value
