#include "tools/benchmarks/step_benchmark.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/types/span.h"
#include "engine/ops/random.h"
#include "engine/ops/shape_ops.h"
#include "engine/runtime/backend_for.h"
#include "engine/tensor/record_scope.h"
#include "gan/augment/augment_images.h"
#include "gan/train/trainer.h"
#include "nn/module.h"

namespace sg::bench {
namespace {

using Clock = std::chrono::steady_clock;

// Phases of a few milliseconds are repeated until they have taken this long in total.
constexpr double kShortestSeconds = 0.5;

double SecondsSince(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

// Untimed runs of a phase, which set up primitives, packed weights and memory. On a GPU they also capture a graph, in
// the second run, or in the third if the second has to stop at something new.
int WarmUps(Device device) { return device.type == DeviceType::kCuda ? 3 : 1; }

double MedianSeconds(int runs, double budget, Backend& backend, const std::function<void()>& f) {
  for (int i = 0; i < WarmUps(backend.device()); ++i) f();
  backend.Synchronize();
  std::vector<double> times;
  const Clock::time_point start = Clock::now();
  const auto enough = [&] {
    const double limit = static_cast<int>(times.size()) < runs ? budget : std::min(budget, kShortestSeconds);
    return times.size() >= 2 && SecondsSince(start) >= limit;
  };
  while (!enough()) {
    const Clock::time_point begin = Clock::now();
    f();
    backend.Synchronize();
    times.push_back(SecondsSince(begin));
  }
  std::sort(times.begin(), times.end());
  const size_t n = times.size();
  return n % 2 == 1 ? times[n / 2] : (times[n / 2 - 1] + times[n / 2]) / 2;
}

gan::Batch SomeImages(const gan::TrainConfig& config) {
  gan::Batch images;
  images.pixels.resize(config.batch * config.model.image_spec().NumValues());
  for (size_t i = 0; i < images.pixels.size(); ++i) images.pixels[i] = static_cast<uint8_t>(i * 2654435761u >> 24);
  return images;
}

CudaCounts Difference(const CudaCounts& after, const CudaCounts& before) {
  CudaCounts d;
  for (int64_t CudaCounts::*count :
       {&CudaCounts::launches, &CudaCounts::library_calls, &CudaCounts::descriptor_convolutions, &CudaCounts::copies,
        &CudaCounts::synchronizations, &CudaCounts::captured_launches, &CudaCounts::captured_library_calls,
        &CudaCounts::captured_copies, &CudaCounts::graph_launches, &CudaCounts::graph_updates,
        &CudaCounts::graph_instantiations}) {
    d.*count = after.*count - before.*count;
  }
  return d;
}

CudaCounts CountWhenWarm(Device device, const std::function<void()>& f) {
  for (int i = 0; i < WarmUps(device); ++i) f();
  const CudaCounts before = CudaCountsSoFar();
  f();
  return Difference(CudaCountsSoFar(), before);
}

// The bytes of the training state by kind.
struct StateBytes {
  explicit StateBytes(const gan::Trainer& trainer) {
    for (const nn::NamedTensor& t : trainer.State()) {
      const auto is = [&t](const char* prefix) { return absl::StartsWith(t.name, prefix); };
      int64_t& kind = is("discriminator.") ? discriminator
                      : is("ema.")         ? averages
                      : is("adam.")        ? moments
                      : is("path_length.") ? others
                                           : generator;
      kind += t.tensor.NumBytes();
    }
  }
  // The bytes of the gradients of a phase that trains, 0 for any other phase.
  int64_t Gradients(const std::string& phase) const {
    if (absl::StartsWith(phase, "dstep")) return discriminator;
    return absl::StartsWith(phase, "gstep") ? generator : 0;
  }

  int64_t discriminator = 0;
  int64_t generator = 0;  // including the mapping network
  int64_t averages = 0, moments = 0;
  int64_t others = 0;  // a few numbers
};

class OpTimer final : public OpObserver {
 public:
  explicit OpTimer(Backend& backend) : backend_(backend) {}

  void Before(const Op&, absl::Span<const Tensor>, const Tensor&) override { begin_ = Clock::now(); }
  void After(const Op& op, absl::Span<const Tensor>, const Tensor&) override {
    backend_.Synchronize();
    OpSeconds& total = totals[op.name()];
    total.seconds += SecondsSince(begin_);
    ++total.calls;
  }

  std::map<std::string, OpSeconds> totals;

 private:
  Backend& backend_;
  Clock::time_point begin_;
};

}  // namespace

StepMeasurement MeasurePhases(const gan::TrainConfig& config, Device device, int runs, double budget) {
  gan::Trainer trainer(config, device);
  Backend& backend = BackendFor(device);
  const gan::Batch images = SomeImages(config);
  const Tensor pixels = trainer.Generate(config.MicroBatch()).pixels.Detach();
  std::vector<gan::StepScalar> scalars;
  RandomStream stream;
  const auto without_recording = [](const auto& f) {
    RecordScope no_record(false);
    f();
  };
  std::vector<std::pair<const char*, std::function<void()>>> phases = {
      {"gfwd1", [&] { without_recording([&] { trainer.Generate(1); }); }},
      {"gfwd", [&] { without_recording([&] { trainer.Generate(config.MicroBatch()); }); }},
      {"dfwd", [&] { without_recording([&] { trainer.discriminator().Forward(pixels); }); }},
      {"dstep", [&] { trainer.StepDiscriminator(images, false, &scalars); }},
      {"dstep_gp", [&] { trainer.StepDiscriminator(images, true, &scalars); }},
      {"gstep", [&] { trainer.StepGenerator(images, false, &scalars); }},
      {"gstep_pl", [&] { trainer.StepGenerator(images, true, &scalars); }},
  };
  if (config.augment.aug != gan::AugMode::kNone) {
    const Tensor both = Concat({pixels, pixels}, 0);
    phases.insert(phases.begin() + 3, {"augment", [&, both] {
                                         without_recording([&] {
                                           for (int part = 0; part < config.grad_accum; ++part) {
                                             AugmentImages(both, config, trainer.augment_p(), &stream);
                                           }
                                         });
                                       }});
  }
  StepMeasurement result;
  const StateBytes state(trainer);
  std::map<std::string, double> seconds;
  for (const auto& [name, f] : phases) {
    const int64_t before = backend.Stats().live_bytes;
    backend.ResetPeak();
    seconds[name] = MedianSeconds(runs, budget, backend, f);
    result.phases.push_back({name, seconds[name]});
    const MemoryStats stats = backend.Stats();
    if (const int64_t gradients = state.Gradients(name); gradients > 0) {
      result.memory.phases.push_back(
          {name, gradients, stats.peak_bytes - before, stats.peak_packed_bytes, stats.peak_scratch_bytes});
    }
    scalars.clear();
  }
  result.memory.parameters = state.discriminator + state.generator;
  result.memory.averages = state.averages;
  result.memory.moments = state.moments;
  result.memory.reserved = backend.Stats().reserved_bytes;
  const gan::LossConfig& loss = config.loss;
  const double r1 = loss.HasGradientPenalty() ? 1.0 / loss.r1_interval : 0;
  const double pl = loss.HasPathLength() ? 1.0 / loss.pl_interval : 0;
  result.phases.push_back({"iteration", (1 - r1) * seconds["dstep"] + r1 * seconds["dstep_gp"] +
                                            (1 - pl) * seconds["gstep"] + pl * seconds["gstep_pl"]});
  return result;
}

std::vector<PhaseCounts> CountPhases(const gan::TrainConfig& config, Device device) {
  if (device.type != DeviceType::kCuda) return {};
  const gan::Batch images = SomeImages(config);
  std::vector<PhaseCounts> result;
  {
    gan::Trainer trainer(config, device);
    std::vector<gan::StepScalar> scalars;
    for (bool r1 : {false, true}) {
      const CudaCounts counts = CountWhenWarm(device, [&] { trainer.StepDiscriminator(images, r1, &scalars); });
      result.push_back({r1 ? "dstep_gp" : "dstep", counts});
    }
    for (bool path_length : {false, true}) {
      const CudaCounts counts = CountWhenWarm(device, [&] { trainer.StepGenerator(images, path_length, &scalars); });
      result.push_back({path_length ? "gstep_pl" : "gstep", counts});
    }
  }
  gan::TrainConfig plain = config;
  plain.loss.r1_interval = 0;
  plain.loss.pl_weight = 0;
  gan::Trainer trainer(plain, device);
  result.push_back({"step", CountWhenWarm(device, [&] { trainer.Step(images); })});
  return result;
}

void ObserveStep(const gan::TrainConfig& config, Device device, OpObserver* observer) {
  gan::Trainer trainer(config, device);
  const gan::Batch images = SomeImages(config);
  std::vector<gan::StepScalar> scalars;
  const auto step = [&] {
    trainer.StepDiscriminator(images, true, &scalars);
    trainer.StepGenerator(images, true, &scalars);
  };
  step();
  SetOpObserver(observer);
  step();
  SetOpObserver(nullptr);
}

std::map<std::string, OpSeconds> ProfileStep(const gan::TrainConfig& config, Device device) {
  OpTimer timer(BackendFor(device));
  ObserveStep(config, device, &timer);
  return timer.totals;
}

}  // namespace sg::bench
