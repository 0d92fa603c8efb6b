// The counters behind CudaCountsSoFar. A step that is slow on an idle GPU shows here: too many launches, or a wait that
// should not be.
#ifndef ENGINE_BACKEND_CUDA_VENDOR_COUNTERS_H_
#define ENGINE_BACKEND_CUDA_VENDOR_COUNTERS_H_

namespace sg::cuda {

void CountLaunch();
void CountLibraryCall();
void CountCopy();
void CountSynchronization();
void CountGraphLaunch();
void CountGraphUpdate();
void CountGraphInstantiation();

// Whether launches, library calls and copies of this thread are being captured; they are counted apart.
void CountAsCaptured(bool captured);

}  // namespace sg::cuda

#endif  // ENGINE_BACKEND_CUDA_VENDOR_COUNTERS_H_
