from .inversion import Projection as Projection
from .inversion import noise_regularizer as noise_regularizer
from .inversion import project as project
from .inversion import squared_difference as squared_difference
from .inversion import synthesize as synthesize
from .nearest import Nearest as Nearest
from .nearest import nearest_images as nearest_images
from .resolution_usage import resolution_usage as resolution_usage
