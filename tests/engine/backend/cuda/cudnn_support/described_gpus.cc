#include "tests/engine/backend/cuda/cudnn_support/described_gpus.h"

#include <cudnn.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"

namespace sg::cuda {
namespace {

// Kernels of GPUs from 8.0 on cannot use this much of a block's shared memory.
int ReservedSharedBytes(const DescribedGpu& gpu) { return gpu.compute_capability >= 80 ? 1024 : 0; }

std::string Json(const DescribedGpu& gpu) {
  return absl::StrCat(
      R"({"cudnnVersion":)", cudnnGetVersion(), R"(,"schemaVersion":1,"cudaDeviceId":0,"deviceVer":)",
      gpu.compute_capability * 10, R"(,"driverVer":13000,"runtimeVer":13000,"totalGlobalMem":)", gpu.memory_bytes,
      R"(,"maxGridSize":[2147483647,65535,65535],"maxBlockSize":[1024,1024,64],"regsPerBlock":65536)",
      R"(,"multiProcessorCount":)", gpu.multiprocessors, R"(,"warpSize":32,"maxSharedMemoryPerBlock":49152)",
      R"(,"maxSharedMemoryPerBlockOptin":)", gpu.shared_bytes_per_block, R"(,"reservedSharedMemoryPerBlock":)",
      ReservedSharedBytes(gpu), R"(,"maxRegistersPerSM":65536,"maxCtasPerSM":)", gpu.blocks_per_multiprocessor,
      R"(,"maxThreadsPerBlock":1024,"maxThreadsPerSM":)", gpu.threads_per_multiprocessor,
      R"(,"pciDeviceId":0,"isTccDriver":0,"supportCoopLaunch":1,"smClockRateKHz":)", gpu.clock_khz,
      R"(,"memClockRateKHz":)", gpu.memory_clock_khz, R"(,"l2CacheSize":)", gpu.l2_bytes, R"(,"deviceName":")",
      gpu.name, R"("})");
}

}  // namespace

const std::vector<DescribedGpu>& DescribedGpus() {
  constexpr int64_t kGigabyte = 1000000000, kMebibyte = 1 << 20;
  static const auto* const gpus = new std::vector<DescribedGpu>{
      {75, "Tesla T4", 16 * kGigabyte, 40, 65536, 16, 1024, 1590000, 5001000, 4 * kMebibyte},
      {80, "NVIDIA A100-SXM4-80GB", 85 * kGigabyte, 108, 166912, 32, 2048, 1410000, 1593000, 40 * kMebibyte},
      {86, "NVIDIA GeForce RTX 3090", 25 * kGigabyte, 82, 101376, 16, 1536, 1695000, 9751000, 6 * kMebibyte},
      {89, "NVIDIA GeForce RTX 4090", 25 * kGigabyte, 128, 101376, 24, 1536, 2520000, 10501000, 72 * kMebibyte},
      {90, "NVIDIA H200", 150 * kGigabyte, 132, 232448, 32, 2048, 1980000, 3201000, 60 * kMebibyte},
      {100, "NVIDIA B200", 190 * kGigabyte, 148, 232448, 32, 2048, 1965000, 3996000, 126 * kMebibyte},
      {120, "NVIDIA GeForce RTX 5090", 34 * kGigabyte, 170, 101376, 24, 1536, 2407000, 14001000, 96 * kMebibyte},
  };
  return *gpus;
}

BackendDescriptor PropertiesOf(const DescribedGpu& gpu) {
  const std::string json = Json(gpu);
  BackendDescriptor properties(CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR);
  properties.SetAll<char>(CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION, absl::MakeConstSpan(json.c_str(), json.size() + 1))
      .Finalize();
  return properties;
}

}  // namespace sg::cuda
