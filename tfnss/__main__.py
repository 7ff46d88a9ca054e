"""`python -m tfnss` is the command `tfnss`."""

from tfnss.commands.entry import main

if __name__ == "__main__":
    main()
