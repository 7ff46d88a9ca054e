"""tfnss: Keras GANs that learn all frequencies of their data.

Everything is imported when it is first used, so that this takes no time. The layers run on every Keras backend; the rest is
TensorFlow's.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
