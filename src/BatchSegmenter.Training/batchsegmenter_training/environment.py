"""Settings of the C library, OpenMP and OpenBLAS that must be in the environment before Python starts."""

import os
import sys

_SETTINGS = {
    # Freed memory is kept instead of being handed back and faulted in again at every step.
    "MALLOC_MMAP_THRESHOLD_": str(4 << 30), "MALLOC_TRIM_THRESHOLD_": str(16 << 30), "MALLOC_TOP_PAD_": str(256 << 20),
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",  # large pages: fewer faults still
    # Threads that wait sleep: spinning ones take the processor from the producer, ten times slower on a busy machine.
    "OMP_WAIT_POLICY": "PASSIVE",
}


def settings():
    """What is absent from the environment and would make training faster."""
    wanted = dict(_SETTINGS)
    try:
        with open("/proc/cpuinfo", encoding="ascii", errors="replace") as file:
            if " avx512f" in file.read():
                wanted["OPENBLAS_CORETYPE"] = "SkylakeX"  # older OpenBLAS takes newer processors for AVX2 ones
    except OSError:
        pass
    return {name: value for name, value in wanted.items() if name not in os.environ}


def restart_with_settings(arguments):
    """Replaces this process by itself with the settings; returns at once where nothing is absent."""
    absent = settings()
    if absent and os.name == "posix":
        os.environ.update(absent)
        os.execv(sys.executable, [sys.executable, "-m", "batchsegmenter_training", *arguments])
