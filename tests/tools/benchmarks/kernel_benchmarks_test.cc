// The counters of the kernels' benchmarks on every device: plain numbers that agree with the time beside them.
#include "tools/benchmarks/kernel_benchmarks.h"

#include <map>
#include <string>
#include <vector>

#include "benchmark/benchmark.h"
#include "engine/base/device.h"
#include "engine/runtime/devices.h"
#include "gan/config/config.h"
#include "gtest/gtest.h"
#include "tools/benchmarks/peaks.h"

namespace sg::bench {
namespace {

constexpr int kBatch = 2, kSize = 16;
constexpr double kGflops = 8, kGbps = 4;

class Collector final : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>& runs) override { all.insert(all.end(), runs.begin(), runs.end()); }

  std::vector<Run> all;
};

// What runs when only names that match `filter` do, by name.
std::map<std::string, benchmark::BenchmarkReporter::Run> RunMatching(Device device, const std::string& filter,
                                                                     int channels = 4, int batch = kBatch) {
  gan::ModelConfig model;
  model.resolution = kSize;
  model.latent_dim = model.g_features = model.d_features = model.max_features = channels;
  Peaks peaks;
  peaks.gflops = kGflops;
  peaks.copy_gbps = kGbps;
  RegisterKernelBenchmarks(model, batch, device, peaks);
  Collector collector;
  benchmark::RunSpecifiedBenchmarks(&collector, filter);
  benchmark::ClearRegisteredBenchmarks();
  std::map<std::string, benchmark::BenchmarkReporter::Run> runs;
  for (const auto& run : collector.all) runs[run.run_name.function_name] = run;
  return runs;
}

std::vector<Device> Devices() {
  std::vector<Device> devices = {Device::Cpu()};
  if (IsAvailable(Device::Cuda())) devices.push_back(Device::Cuda());
  return devices;
}

// Seconds of one call, from the time that Google Benchmark shows.
double SecondsShown(const benchmark::BenchmarkReporter::Run& run) { return run.GetAdjustedRealTime() / 1e3; }

// The time shown includes the reading of our own clock, which counts beside a kernel of a microsecond.
void ExpectSlightlyMore(double rate, double rate_shown) {
  EXPECT_GE(rate, 0.95 * rate_shown);
  EXPECT_LE(rate, 2 * rate_shown);
}

TEST(KernelBenchmarksTest, SharesAndRatesArePlainNumbersThatFollowFromTheTime) {
  for (const Device device : Devices()) {
    SCOPED_TRACE(::testing::Message() << "device " << device);
    const std::string method = device.type == DeviceType::kCpu ? "/direct*" : "";
    const auto runs = RunMatching(device, method.empty() ? "^(conv3x3/4>4@16/forward|bias_act/4ch@16)"
                                                         : "^(conv3x3/4>4@16/forward/direct|bias_act/4ch@16)");
    ASSERT_EQ(runs.size(), 2u);
    const auto& convolution = runs.at("conv3x3/4>4@16/forward" + method);
    const auto& activation = runs.at("bias_act/4ch@16");
    for (const auto* run : {&convolution, &activation}) {
      ASSERT_FALSE(run->error_occurred);
      for (const auto& [name, counter] : run->counters) EXPECT_EQ(counter.flags, benchmark::Counter::kDefaults) << name;
    }
    const double gflops = 2.0 * kBatch * kSize * kSize * 4 * 4 * 9 / 1e9 / SecondsShown(convolution);
    ExpectSlightlyMore(convolution.counters.at("GFLOP/s"), gflops);
    EXPECT_DOUBLE_EQ(convolution.counters.at("%peak"), 100 * convolution.counters.at("GFLOP/s") / kGflops);
    const double gbps = 2.0 * kBatch * kSize * kSize * 4 * sizeof(float) / 1e9 / SecondsShown(activation);
    ExpectSlightlyMore(activation.counters.at("GB/s"), gbps);
    EXPECT_DOUBLE_EQ(activation.counters.at("%copy"), 100 * activation.counters.at("GB/s") / kGbps);
  }
}

std::vector<std::string> Names(const std::map<std::string, benchmark::BenchmarkReporter::Run>& runs) {
  std::vector<std::string> names;
  for (const auto& entry : runs) names.push_back(entry.first);
  return names;
}

// 16x16 outputs are 16 tiles, and for a weight gradient the rule wants 64 of them for Winograd's method.
TEST(KernelBenchmarksTest, EveryMethodOfTheCpuHasARowAndTheRulesIsMarked) {
  const std::string name = "conv3x3/16>16@16/weight_grad", filter = "^" + name;
  EXPECT_EQ(Names(RunMatching(Device::Cpu(), filter, /*channels=*/16, /*batch=*/4)),
            (std::vector<std::string>{name + "/columns", name + "/direct", name + "/winograd*"}));
  EXPECT_EQ(Names(RunMatching(Device::Cpu(), filter, /*channels=*/16, /*batch=*/2)),
            (std::vector<std::string>{name + "/columns", name + "/direct*", name + "/winograd"}));
}

TEST(KernelBenchmarksTest, AGpuHasOneRowPerConvolution) {
  if (!IsAvailable(Device::Cuda())) GTEST_SKIP() << "no GPU";
  EXPECT_EQ(Names(RunMatching(Device::Cuda(), "^conv3x3/4>4@16/forward")),
            std::vector<std::string>{"conv3x3/4>4@16/forward"});
}

TEST(KernelBenchmarksTest, LaunchesAreCountedOnAGpuAlone) {
  for (const Device device : Devices()) {
    SCOPED_TRACE(::testing::Message() << "device " << device);
    const auto runs = RunMatching(device, "^bias_act/4ch@16");
    ASSERT_EQ(runs.size(), 1u);
    const auto& counters = runs.begin()->second.counters;
    ASSERT_EQ(counters.count("launches"), device.type == DeviceType::kCuda ? 1u : 0u);
    if (device.type == DeviceType::kCuda) {
      EXPECT_EQ(counters.at("launches"), 1);
    }
  }
}

}  // namespace
}  // namespace sg::bench
