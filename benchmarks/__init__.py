"""Scripts that time the library's parts, beside other ways to the same result where there are any.

They are part of the repository, not of the installed package.
"""

import contextlib
import sys

if "tensorflow" not in sys.modules:
    with contextlib.suppress(ImportError):
        # PyTorch for GPUs loads it; where TensorFlow came first, the process dies, as both hold LLVM.
        import triton  # noqa: F401
