// The counters behind CudaCountsSoFar. They explain a step that is slow on an idle GPU: too many launches, or a
// needless wait.
#ifndef ENGINE_BACKEND_CUDA_VENDOR_COUNTERS_H_
#define ENGINE_BACKEND_CUDA_VENDOR_COUNTERS_H_

namespace sg::cuda {

void CountLaunch();
void CountLibraryCall();
// Beside CountLibraryCall, for a convolution that cuDNN's graph API has no engine for.
void CountDescriptorConvolution();
void CountCopy();
void CountSynchronization();
void CountGraphLaunch();
void CountGraphUpdate();
void CountGraphInstantiation();

// Sets whether launches, library calls and copies of this thread are captured. Captured ones are counted separately.
void CountAsCaptured(bool captured);

}  // namespace sg::cuda

#endif  // ENGINE_BACKEND_CUDA_VENDOR_COUNTERS_H_
