#include "engine/backend/cuda/vendor/counters.h"

#include <atomic>
#include <cstdint>

#include "engine/backend/cuda/cuda_backend.h"

namespace sg {
namespace {

struct Counter {
  std::atomic<int64_t> at_once{0}, captured{0};
};

Counter launches, library_calls, copies;
std::atomic<int64_t> descriptor_convolutions{0}, synchronizations{0}, graph_launches{0}, graph_updates{0},
    graph_instantiations{0};

thread_local bool captures = false;

void Increment(std::atomic<int64_t>* counter) { counter->fetch_add(1, std::memory_order_relaxed); }
void Increment(Counter* counter) { Increment(captures ? &counter->captured : &counter->at_once); }

}  // namespace

CudaCounts CudaCountsSoFar() {
  CudaCounts counts;
  counts.launches = launches.at_once;
  counts.library_calls = library_calls.at_once;
  counts.descriptor_convolutions = descriptor_convolutions;
  counts.copies = copies.at_once;
  counts.synchronizations = synchronizations;
  counts.captured_launches = launches.captured;
  counts.captured_library_calls = library_calls.captured;
  counts.captured_copies = copies.captured;
  counts.graph_launches = graph_launches;
  counts.graph_updates = graph_updates;
  counts.graph_instantiations = graph_instantiations;
  return counts;
}

namespace cuda {

void CountLaunch() { Increment(&launches); }
void CountLibraryCall() { Increment(&library_calls); }
void CountDescriptorConvolution() { Increment(&descriptor_convolutions); }
void CountCopy() { Increment(&copies); }
void CountSynchronization() { Increment(&synchronizations); }
void CountGraphLaunch() { Increment(&graph_launches); }
void CountGraphUpdate() { Increment(&graph_updates); }
void CountGraphInstantiation() { Increment(&graph_instantiations); }
void CountAsCaptured(bool captured) { captures = captured; }

}  // namespace cuda
}  // namespace sg
