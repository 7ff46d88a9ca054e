"""Scripts that time the library's parts, beside other ways to the same result where there are any.

They are part of the repository, not of the installed package.
"""

import contextlib

with contextlib.suppress(ImportError):
    import triton  # noqa: F401  PyTorch for GPUs loads it; where TensorFlow came first, the process dies (both hold LLVM)
