// The CPU backend: oneDNN for convolutions and matrix products, OpenMP loops for everything else, one pooled arena.
#ifndef ENGINE_BACKEND_CPU_CPU_BACKEND_H_
#define ENGINE_BACKEND_CPU_CPU_BACKEND_H_

#include "engine/backend/backend.h"

namespace sg {

// The one instance; never null, lives until the process ends.
Backend* CpuBackend();

// Threads of the kernels, from the next call on. Results are bitwise repeatable for a fixed number.
void SetCpuThreads(int threads);
int CpuThreads();

}  // namespace sg

#endif  // ENGINE_BACKEND_CPU_CPU_BACKEND_H_
