// Pinned host memory for uploads. Upload returns once the caller's bytes have been copied here, and the device fetches
// them later. The host waits only if it is a whole ring of buffers ahead of the device.
//
//   staging.Upload(to, host, bytes);  // `host` may change now
//
// Small uploads (tables of pointers) are copied on the compute stream. Large ones (batches of images) cross the bus on
// the copy stream, beside the kernels, into a device buffer. The compute stream then only copies device to device. The
// ring of large buffers grows to the largest upload. The compute stream reaches an upload after all that was asked of
// it before, so a smaller ring would make the host wait for all of that.
//
// During a capture all uploads go to the compute stream, because a capture may not depend on another stream. The device
// fetches them when the graph runs, so their slots stay untouched until it has been launched. When the ring is full of
// such slots, the capture is interrupted.
#ifndef ENGINE_BACKEND_CUDA_MEMORY_STAGING_H_
#define ENGINE_BACKEND_CUDA_MEMORY_STAGING_H_

#include <cuda_runtime.h>

#include <cstddef>
#include <mutex>
#include <vector>

#include "engine/backend/cuda/memory/step_capture.h"

namespace sg::cuda {

class Staging {
 public:
  static constexpr size_t kSmallBytes = size_t{16} << 10, kLargeBytes = size_t{8} << 20;
  static constexpr int kSmallSlots = 256, kLargeSlots = 4;
  static constexpr int kMostLargeSlots = 32;  // the host waits in uploads of more than 256 MiB

  Staging(cudaStream_t compute, cudaStream_t copy, StepCapture* step_capture)
      : compute_(compute), copy_(copy), step_capture_(step_capture) {}
  ~Staging();
  Staging(const Staging&) = delete;
  Staging& operator=(const Staging&) = delete;

  // Writes `to` in the order of the compute stream. Safe to call from several threads. The GPU must be current.
  void Upload(void* to, const void* host, size_t bytes);

 private:
  struct Slot {
    char* pinned = nullptr;
    char* device = nullptr;         // only of large slots
    cudaEvent_t fetched = nullptr;  // the copy stream has read the slot
    cudaEvent_t done = nullptr;     // the slot may be filled again
  };
  // Copies from pinned memory on the compute stream.
  void Fetch(void* to, const void* host, size_t bytes, const Slot& slot);
  void UploadSmall(void* to, const void* host, size_t bytes);
  void UploadLarge(void* to, const void* host, size_t bytes);
  Slot& Next(std::vector<Slot>& ring, size_t* next, int slots, bool large);

  const cudaStream_t compute_, copy_;
  StepCapture* const step_capture_;
  std::mutex mutex_;
  std::vector<Slot> small_, large_;
  size_t next_small_ = 0, next_large_ = 0;
  int large_slots_ = kLargeSlots;
  char* small_block_ = nullptr;  // the pinned memory of all small slots
};

}  // namespace sg::cuda

#endif  // ENGINE_BACKEND_CUDA_MEMORY_STAGING_H_
