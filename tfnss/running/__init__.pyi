from .command_line import main as main
from .figure import Figure as Figure
from .option import Option as Option
from .recipe import Recipe as Recipe
from .stored import load_run as load_run
