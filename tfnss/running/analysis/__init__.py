"""Looking at trained models: `tfnss analyse NAME MODEL...`.

- `declaration`: what an analysis is, and what comes of it.
- `model`: what is analysed: the networks of a run, of an official pickle or of a `.keras` file.
- `reals`: real images, and the discriminator's answers.
- `distance`: how far two images are apart, for those that search or compare.
- `work`: progress, and what long analyses keep so that the same command goes on.
- `command_line`: the flags that all analyses have, and the order of things.
- `writing`, `outcome`: the picture and the numbers behind it, written and read back.
"""
