// Device memory for the stand-in's own tests, through the runtime's API.
#ifndef TESTS_FAKE_CUDA_STAND_IN_DEVICE_ARRAY_H_
#define TESTS_FAKE_CUDA_STAND_IN_DEVICE_ARRAY_H_

#include <cuda_runtime_api.h>

#include <vector>

#include "gtest/gtest.h"

namespace fake_cuda {

template <typename T>
class DeviceArray {
 public:
  explicit DeviceArray(size_t count) : count_(count) {
    EXPECT_EQ(cudaMalloc(reinterpret_cast<void**>(&data_), count * sizeof(T)), cudaSuccess);
  }
  explicit DeviceArray(const std::vector<T>& values) : DeviceArray(values.size()) {
    EXPECT_EQ(cudaMemcpyAsync(data_, values.data(), count_ * sizeof(T), cudaMemcpyHostToDevice, nullptr), cudaSuccess);
    cudaStreamSynchronize(nullptr);
  }
  ~DeviceArray() { EXPECT_EQ(cudaFree(data_), cudaSuccess); }
  DeviceArray(const DeviceArray&) = delete;
  DeviceArray& operator=(const DeviceArray&) = delete;

  T* data() const { return data_; }
  size_t bytes() const { return count_ * sizeof(T); }
  std::vector<T> Read() const {
    std::vector<T> values(count_);
    EXPECT_EQ(cudaMemcpyAsync(values.data(), data_, bytes(), cudaMemcpyDeviceToHost, nullptr), cudaSuccess);
    cudaStreamSynchronize(nullptr);
    return values;
  }

 private:
  T* data_ = nullptr;
  size_t count_;
};

}  // namespace fake_cuda

#endif  // TESTS_FAKE_CUDA_STAND_IN_DEVICE_ARRAY_H_
