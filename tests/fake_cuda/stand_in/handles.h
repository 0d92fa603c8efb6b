// Streams, events and pinned memory for the stand-in's own tests.
#ifndef TESTS_FAKE_CUDA_STAND_IN_HANDLES_H_
#define TESTS_FAKE_CUDA_STAND_IN_HANDLES_H_

#include <cuda_runtime_api.h>

#include <cstddef>

#include "gtest/gtest.h"

namespace fake_cuda {

class Stream {
 public:
  // cudaStreamDefault: ordered with the legacy stream.
  explicit Stream(unsigned flags = cudaStreamNonBlocking) {
    EXPECT_EQ(cudaStreamCreateWithFlags(&stream_, flags), cudaSuccess);
  }
  ~Stream() { EXPECT_EQ(cudaStreamDestroy(stream_), cudaSuccess); }
  operator cudaStream_t() const { return stream_; }  // NOLINT: as in calls of the API

 private:
  cudaStream_t stream_ = nullptr;
};

class Event {
 public:
  Event() { EXPECT_EQ(cudaEventCreateWithFlags(&event_, cudaEventDisableTiming), cudaSuccess); }
  ~Event() { EXPECT_EQ(cudaEventDestroy(event_), cudaSuccess); }
  operator cudaEvent_t() const { return event_; }  // NOLINT

 private:
  cudaEvent_t event_ = nullptr;
};

class Pinned {
 public:
  explicit Pinned(size_t count) : count_(count) {
    EXPECT_EQ(cudaMallocHost(reinterpret_cast<void**>(&data_), count * sizeof(float)), cudaSuccess);
  }
  ~Pinned() { EXPECT_EQ(cudaFreeHost(data_), cudaSuccess); }
  float* data() const { return data_; }
  size_t bytes() const { return count_ * sizeof(float); }

 private:
  float* data_ = nullptr;
  size_t count_;
};

}  // namespace fake_cuda

#endif  // TESTS_FAKE_CUDA_STAND_IN_HANDLES_H_
