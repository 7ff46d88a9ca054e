"""The console command `tfnss`: a module each command, which has `PROGRAM`, `SUMMARY`, `add_flags` and `main`.

Flags are known without TensorFlow: what a command works with is imported in its functions.
"""
