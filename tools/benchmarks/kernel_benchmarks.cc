#include "tools/benchmarks/kernel_benchmarks.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "benchmark/benchmark.h"
#include "engine/backend/cpu/conv/conv_method.h"
#include "engine/backend/cpu/cpu_backend.h"
#include "engine/backend/cuda/cuda_backend.h"
#include "engine/base/conv_geometry.h"
#include "engine/ops/bias_act.h"
#include "engine/ops/broadcast.h"
#include "engine/ops/conv2d.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/random.h"
#include "engine/runtime/backend_for.h"
#include "engine/tensor/record_scope.h"
#include "engine/tensor/tensor.h"
#include "gan/model/common/resample.h"
#include "gan/model/stylegan2/discriminator.h"
#include "gan/model/stylegan2/generator.h"

namespace sg::bench {
namespace {

Tensor Random(const Shape& shape, Device device) {
  RandomStream stream = {0, 0, 0};
  return RandomNormal(shape, DType::kF32, device, &stream);
}

using Clock = std::chrono::steady_clock;

double SecondsSince(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

// The number of our own kernels and of calls to the vendor's libraries since the process began.
int64_t LaunchesSoFar() {
  const CudaCounts counts = CudaCountsSoFar();
  return counts.launches + counts.library_calls;
}

// A `call` to measure, and the work that one call does. The result is compared with the peak of `operations` or
// `bytes`, whichever is not 0.
struct Work {
  double operations = 0, bytes = 0;
  std::function<Tensor()> call;
};

void Measure(const Work& work, Device device, const Peaks& peaks, benchmark::State& state) {
  RecordScope no_record(false);
  Backend& backend = BackendFor(device);
  const bool gpu = device.type == DeviceType::kCuda;
  work.call();  // warms up primitives, plans and memory
  backend.Synchronize();
  const int64_t launched = LaunchesSoFar();
  work.call();
  backend.Synchronize();  // small kernels may be queued until their results are needed
  const int64_t launches = LaunchesSoFar() - launched;
  // Waiting for a GPU takes as long as a small kernel, so each wait covers many calls.
  const int64_t batch = gpu ? 50 : 1;
  double seconds = 0, calls = 0;
  while (state.KeepRunningBatch(batch)) {
    const Clock::time_point begin = Clock::now();
    for (int64_t i = 0; i < batch; ++i) work.call();
    backend.Synchronize();
    seconds += SecondsSince(begin);
    calls += static_cast<double>(batch);
  }
  // Plain numbers rather than rates, since Google Benchmark appends "/s" to every rate that it computes.
  const double rate = (work.operations > 0 ? work.operations : work.bytes) / 1e9 * calls / seconds;
  if (work.operations > 0) {
    state.counters["GFLOP/s"] = rate;
    state.counters["%peak"] = 100 * rate / peaks.gflops;
  } else {
    state.counters["GB/s"] = rate;
    state.counters["%copy"] = 100 * rate / peaks.copy_gbps;
  }
  if (gpu) state.counters["launches"] = static_cast<double>(launches);
}

void Register(const std::string& name, const Work& work, Device device, const Peaks& peaks) {
  benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& state) { Measure(work, device, peaks, state); })
      ->UseRealTime()
      ->Unit(benchmark::kMillisecond)
      ->MinTime(0.2);
}

struct Geometry {
  int64_t in, out, size, kernel, pad, stride = 1;
  friend bool operator<(const Geometry& a, const Geometry& b) {
    return std::tie(a.size, a.in, a.out, a.kernel, a.pad, a.stride) <
           std::tie(b.size, b.in, b.out, b.kernel, b.pad, b.stride);
  }
};

std::set<Geometry> Geometries(const gan::ModelConfig& model) {
  std::set<Geometry> all;
  const std::vector<int64_t> g = gan::GeneratorFeatures(model), d = gan::DiscriminatorFeatures(model);
  for (size_t i = 0; i < g.size(); ++i) {
    const int64_t size = int64_t{4} << i;
    if (i > 0) {
      // The transposed convolution of stride 2 is the input gradient of this one.
      all.insert(model.strided_conv ? Geometry{g[i], g[i - 1], size + 1, 3, 0, 2}
                                    : Geometry{g[i - 1], g[i], size, 3, 1});
    }
    all.insert({g[i], g[i], size, 3, 1});
    all.insert({g[i], 3, size, 1, 0});
  }
  all.insert({3, d[0], model.resolution, 1, 0});
  for (size_t i = 0; i + 1 < d.size(); ++i) {
    const int64_t size = model.resolution >> i;
    all.insert({d[i], d[i], size, 3, 1});
    all.insert(model.strided_conv ? Geometry{d[i], d[i + 1], size + 1, 3, 0, 2} : Geometry{d[i], d[i + 1], size, 3, 1});
    all.insert({d[i], d[i + 1], size / 2, 1, 0});
  }
  all.insert(model.fc_head ? Geometry{d.back() + 1, d.back(), 4, 3, 1} : Geometry{d.back() + 1, d.back() + 1, 4, 3, 0});
  return all;
}

// A convolution with the operands for all three directions.
struct Convolution {
  Tensor x, w, dy;
  ConvGeometry geometry;

  Tensor Compute(cpu::ConvDirection direction) const {
    switch (direction) {
      case cpu::ConvDirection::kForward: return Conv2d(x, w, geometry);
      case cpu::ConvDirection::kInputGrad: return Conv2dInputGrad(dy, w, geometry, x.shape());
      case cpu::ConvDirection::kWeightGrad: return Conv2dWeightGrad(x, dy, geometry, w.shape());
    }
    return {};
  }
  Tensor ComputeBy(cpu::ConvMethod method, cpu::ConvDirection direction) const {
    const auto like = [](const Tensor& t) { return Tensor::Empty(t.shape(), t.dtype(), t.device()); };
    Tensor result;
    switch (direction) {
      case cpu::ConvDirection::kForward:
        result = like(dy);
        CpuConv2dBy(method, {x.view(), w.view(), result.view(), geometry});
        break;
      case cpu::ConvDirection::kInputGrad:
        result = like(x);
        CpuConv2dInputGradBy(method, {dy.view(), w.view(), result.view(), geometry});
        break;
      case cpu::ConvDirection::kWeightGrad:
        result = like(w);
        CpuConv2dWeightGradBy(method, {x.view(), dy.view(), result.view(), geometry});
        break;
    }
    return result;
  }
  cpu::ConvMethod Rule(cpu::ConvDirection direction) const {
    return cpu::MethodFor(direction, x.shape(), w.shape(), dy.shape(), geometry);
  }
  // Larger columns are omitted unless the rule chooses them: those of large images would fill the memory.
  bool IsWorthARow(cpu::ConvMethod method, cpu::ConvDirection direction) const {
    constexpr int64_t kMostColumnBytes = int64_t{64} << 20;
    if (method == Rule(direction)) return true;
    if (!cpu::CanCompute(method, direction, w.shape(), geometry)) return false;
    const int64_t fields = dy.NumElements() / dy.dim(3), field_bytes = w.NumBytes() / w.dim(0);
    return method != cpu::ConvMethod::kColumns || fields * field_bytes <= kMostColumnBytes;
  }
};

void RegisterConvolutions(const Geometry& g, int batch, Device device, const Peaks& peaks) {
  Convolution c;
  c.geometry = {g.stride, g.stride, g.pad, g.pad, /*groups=*/1};
  c.x = Random({batch, g.size, g.size, g.in}, device);
  c.w = Random({g.out, g.kernel, g.kernel, g.in}, device);
  c.dy = Random(Conv2dOutputShape("bench", c.x.shape(), c.w.shape(), c.geometry), device);
  const double operations = 2.0 * c.dy.NumElements() * g.in * g.kernel * g.kernel;
  const std::string geometry =
      absl::StrFormat("conv%dx%d%s/%d>%d@%d", g.kernel, g.kernel, g.stride == 2 ? "s2" : "", g.in, g.out, g.size);
  constexpr std::pair<cpu::ConvDirection, const char*> kDirections[] = {
      {cpu::ConvDirection::kForward, "/forward"},
      {cpu::ConvDirection::kInputGrad, "/input_grad"},
      {cpu::ConvDirection::kWeightGrad, "/weight_grad"}};
  for (const auto& [d, suffix] : kDirections) {
    const cpu::ConvDirection direction = d;  // lambdas cannot capture structured bindings
    const std::string name = geometry + suffix;
    if (device.type != DeviceType::kCpu) {
      Register(name, {operations, 0, [=] { return c.Compute(direction); }}, device, peaks);
      continue;
    }
    for (const cpu::ConvMethod method : cpu::kConvMethods) {
      if (!c.IsWorthARow(method, direction)) continue;
      const char* const mark = method == c.Rule(direction) ? "*" : "";
      Register(absl::StrFormat("%s/%s%s", name, cpu::Name(method), mark),
               {operations, 0, [=] { return c.ComputeBy(method, direction); }}, device, peaks);
    }
  }
}

void RegisterFused(const gan::ModelConfig& model, int batch, Device device, const Peaks& peaks) {
  const int64_t size = model.resolution, c = gan::DiscriminatorFeatures(model)[0];
  const Tensor x = Random({batch, size, size, c}, device), half = Random({batch, size / 2, size / 2, c}, device);
  const Tensor style = Random({batch, 1, 1, c}, device);
  BiasActInputs inputs;
  inputs.bias = Random({c}, device);
  inputs.noise = Random({batch, size, size, 1}, device);
  inputs.strength = Random({1}, device);
  BiasActParams params;
  params.slope = 0.2;
  const Tensor y = BiasAct(x, inputs, params);
  const gan::Resampler resampler(model);
  const double bytes = static_cast<double>(x.NumBytes());
  const std::string where = absl::StrFormat("/%dch@%d", c, size);
  const auto add = [&](const char* name, double traffic, std::function<Tensor()> call) {
    Register(name + where, {0, traffic, std::move(call)}, device, peaks);
  };
  add("bias_act", 2 * bytes, [=] { return BiasAct(x, inputs, params); });
  add("bias_act_grad", 3 * bytes, [=] { return BiasActGrad(x, y, params); });
  add("scale_channels", 2 * bytes, [=] { return Mul(x, style); });
  add("mul_sum_to_channels", 2 * bytes, [=] { return MulSumTo(x, y, style.shape()); });
  add("down_sample", 1.25 * bytes, [=] { return resampler.Down(x); });
  add("up_sample", 1.25 * bytes, [=] { return resampler.Up(half); });
}

}  // namespace

void RegisterKernelBenchmarks(const gan::ModelConfig& model, int batch, Device device, const Peaks& peaks) {
  for (const Geometry& g : Geometries(model)) RegisterConvolutions(g, batch, device, peaks);
  RegisterFused(model, batch, device, peaks);
}

}  // namespace sg::bench
