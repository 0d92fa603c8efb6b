#include "engine/backend/cuda/counters.h"

#include <atomic>
#include <cstdint>

#include "engine/backend/cuda/cuda_backend.h"

namespace sg {
namespace {

std::atomic<int64_t> launches{0}, library_calls{0}, copies{0}, synchronisations{0};

void Increment(std::atomic<int64_t>* counter) { counter->fetch_add(1, std::memory_order_relaxed); }

}  // namespace

CudaCounts CudaCountsSoFar() { return {launches, library_calls, copies, synchronisations}; }

namespace cuda {

void CountLaunch() { Increment(&launches); }
void CountLibraryCall() { Increment(&library_calls); }
void CountCopy() { Increment(&copies); }
void CountSynchronisation() { Increment(&synchronisations); }

}  // namespace cuda
}  // namespace sg
