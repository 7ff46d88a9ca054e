from .model import DOWNSAMPLINGS as DOWNSAMPLINGS
from .model import SHORTCUTS as SHORTCUTS
from .model import SNGAN as SNGAN
from .sizes import SIZES as SIZES
from .sizes import discriminator_steps as discriminator_steps
