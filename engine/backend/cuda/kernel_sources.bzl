"""The .cu files, paths in engine/backend/cuda: nvcc compiles them here, and tests/fake_cuda/kernels as C++ for its
stand-in."""

# Kernels with launches of their own.
KERNEL_SOURCES = [
    "kernels/affine_sample.cu",
    "kernels/in_place.cu",
    "kernels/up_fir_dn.cu",
]

# The kernel that runs queued kernels.
INTERPRETER_SOURCES = ["queue/interpreter.cu"]
