from .card import read_card as read_card
from .exported import Exported as Exported
from .exported import load as load
from .saved_model import export as export
