"""A processor that lacks what newer ones have, imitated by switches of the libraries."""

from __future__ import annotations

try:
    from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__
except ModuleNotFoundError:  # numpy 1
    from numpy.core._multiarray_umath import __cpu_dispatch__, __cpu_features__  # type: ignore[no-redef]

OLD_PROCESSOR = {
    "NPY_DISABLE_CPU_FEATURES": " ".join(__cpu_dispatch__),
    "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-FMA",
    "OPENBLAS_CORETYPE": "Nehalem",
    "NUMBA_CPU_NAME": "generic",
    "NUMBA_CPU_FEATURES": "",
}
"""What makes numpy, the C library, OpenBLAS and numba do without instructions that some processors lack."""


def features() -> list[str]:
    """The processor's features, beyond those of every processor, for which this process's numpy has code of its own."""
    return [name for name in __cpu_dispatch__ if __cpu_features__[name]]
