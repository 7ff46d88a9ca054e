from .card import read_card as read_card
from .exported import Exported as Exported
from .exported import load as load
from .formats import export as export
