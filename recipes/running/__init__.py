"""How a recipe is run: from its flags to a run's folder."""
