"""What a run is: its recipe, settings, folder and devices; how it is trained, stopped, resumed and read back."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
