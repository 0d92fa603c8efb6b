// Linked into every program that runs on the stand-in. At the end, the backend must release everything that it holds;
// otherwise the program fails, whatever its own result was.
//
// The options of the backend come from environment variables, so any test can run with each of them. FAKE_CUDA_TF32=0
// gives full f32. FAKE_CUDA_CACHE_MEMORY=0 makes each tensor a separate allocation whose extent and lifetime are
// checked. FAKE_CUDA_GRAPHS=1 captures steps.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

#include "engine/backend/cuda/cuda_backend.h"
#include "engine/base/device_options.h"
#include "tests/fake_cuda/stand_in/fake_cuda.h"

namespace fake_cuda {
namespace {

constexpr int kLeaked = 86;
constexpr int kMostGpus = 16;  // of the stand-in

bool Is(const char* variable, const char* wanted) {
  const char* value = std::getenv(variable);
  return value != nullptr && std::string(value) == wanted;
}

void WriteCallCounts() {
  const char* path = std::getenv("FAKE_CUDA_CALLS");
  if (path == nullptr) return;
  std::ofstream out(path);
  for (const auto& [function, count] : CallCounts()) out << function << " " << count << "\n";
}

void CheckLeaks() {
  WriteCallCounts();
  if (LostGpu()) return;
  sg::ReleaseCudaBackends();
  const std::vector<std::string> leaks = Leaks();
  if (leaks.empty()) return;
  for (const std::string& leak : leaks) std::fprintf(stderr, "[fake_cuda] leaked at exit: %s\n", leak.c_str());
  std::fflush(nullptr);
  _exit(kLeaked);
}

bool SetUp() {
  sg::DeviceOptions options;
  options.tf32 = !Is("FAKE_CUDA_TF32", "0");
  options.cache_memory = !Is("FAKE_CUDA_CACHE_MEMORY", "0");
  options.graphs = Is("FAKE_CUDA_GRAPHS", "1");
  for (int gpu = 0; gpu < kMostGpus; ++gpu) sg::ConfigureCudaBackend(gpu, options);
  return std::atexit(CheckLeaks) == 0;
}

const bool is_set_up = SetUp();

}  // namespace
}  // namespace fake_cuda
