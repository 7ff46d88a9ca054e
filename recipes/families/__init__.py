"""What families of recipes share: their settings, and the models that come of them."""
