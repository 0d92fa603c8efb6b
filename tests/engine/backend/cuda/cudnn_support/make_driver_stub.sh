#!/bin/bash
# make_driver_stub.sh CUDA_H: C code of a driver library for a machine without a driver. cuDNN looks up the driver's
# functions before it compiles a kernel for a GPU that is only described. Loading a kernel and looking it up succeeds,
# with a handle of no meaning; everything else answers that it is not supported.
set -euo pipefail

handles='cuLibraryLoadData cuLibraryGetKernel cuLibraryGetModule cuKernelGetFunction cuModuleLoadData
  cuModuleLoadDataEx cuModuleGetFunction'
successes='cuLibraryUnload cuLibraryGetGlobal cuLibraryGetKernelCount cuLibraryEnumerateKernels cuKernelSetAttribute
  cuKernelGetAttribute cuFuncSetAttribute cuFuncGetAttribute cuFuncSetCacheConfig cuFuncLoad cuModuleUnload
  cuGetErrorName cuGetErrorString'

# Some functions also exist for streams of one thread (_ptsz, _ptds).
grep -oE '\bcu[A-Z][A-Za-z0-9_]*' "$1" | sort -u | awk -v handles="$handles" -v successes="$successes" '
  BEGIN {
    split(handles, list)
    for (i in list) gives_handle[list[i]] = 1
    split(successes, list)
    for (i in list) succeeds[list[i]] = 1
  }
  {
    for (i = split(" _ptsz _ptds", suffixes, " "); i >= 0; --i) {
      name = $1 (i == 0 ? "" : suffixes[i])
      if (gives_handle[$1]) printf "int %s(void** handle) { *handle = (void*)0x1000; return 0; }\n", name
      else if (succeeds[$1]) printf "int %s(void) { return 0; }\n", name
      else printf "int %s(void) { return 801; }\n", name  # CUDA_ERROR_NOT_SUPPORTED
    }
  }' | sort -u
