// A program that holds all tests in which a GPU takes part, for machines without Bazel; tools/gpu_check runs it.
//
//   device_tests --describe                                         # the GPU in one line
//   device_tests --gtest_filter='*Suite.*' --tf32=0 --cache_memory=0
//
// --tf32 and --cache_memory are DeviceOptions, in force at the beginning of every test. The goldens are looked for in
// tests/golden. Exit status: 0 all passed, 1 some failed or none ran, 2 no usable GPU (and the reason), 64 a wrong
// command line.
#include <cstdio>
#include <string>

#include "engine/backend/cuda/cuda_backend.h"
#include "engine/base/device.h"
#include "engine/base/device_options.h"
#include "engine/runtime/backend_for.h"
#include "engine/runtime/devices.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sg {
namespace {

constexpr int kFailed = 1, kNoGpu = 2, kUsage = 64;

constexpr int kMostGpus = 16;  // that one machine has

void ConfigureGpus(const DeviceOptions& options) {
  for (int gpu = 0; gpu < kMostGpus; ++gpu) ConfigureDevice(Device::Cuda(gpu), options);
}

// Tests change the options and leave them so.
class SameOptionsForEveryTest final : public ::testing::EmptyTestEventListener {
 public:
  explicit SameOptionsForEveryTest(const DeviceOptions& options) : options_(options) {}
  void OnTestStart(const ::testing::TestInfo&) override { ConfigureGpus(options_); }

 private:
  const DeviceOptions options_;
};

int Main(int argc, char** argv) {
  // Before the command line is read, which may ask for the other style. A process that has used CUDA cannot be forked.
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  ::testing::InitGoogleMock(&argc, argv);
  DeviceOptions options;
  bool describe = false;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--describe") {
      describe = true;
    } else if (argument == "--tf32=0" || argument == "--tf32=1") {
      options.tf32 = argument.back() == '1';
    } else if (argument == "--cache_memory=0" || argument == "--cache_memory=1") {
      options.cache_memory = argument.back() == '1';
    } else {
      std::fprintf(stderr, "device_tests: unknown argument %s\n", argument.c_str());
      return kUsage;
    }
  }
  const std::string reason = CudaUnavailableReason(0);
  if (!reason.empty()) {
    std::printf("%s\n", reason.c_str());
    return kNoGpu;
  }
  // The backends were made while the tests were listed, for whoever asks for the devices; how memory is cached is fixed
  // then.
  ReleaseCudaBackends();
  ConfigureGpus(options);
  if (describe) {
    std::printf("%s\n", BackendFor(Device::Cuda()).Description().c_str());
    return 0;
  }
  ::testing::UnitTest& tests = *::testing::UnitTest::GetInstance();
  tests.listeners().Append(new SameOptionsForEveryTest(options));
  if (RUN_ALL_TESTS() != 0) return kFailed;
  if (tests.test_to_run_count() == 0 && !GTEST_FLAG_GET(list_tests)) {
    std::fprintf(stderr, "device_tests: no test matches --gtest_filter=%s\n", GTEST_FLAG_GET(filter).c_str());
    return kFailed;
  }
  return 0;
}

}  // namespace
}  // namespace sg

int main(int argc, char** argv) { return sg::Main(argc, argv); }
