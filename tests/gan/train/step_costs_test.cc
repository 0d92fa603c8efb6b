// The cost of a training step, in numbers that are the same on every machine: operations by kind, allocations, peak
// bytes. Each bound is the current value. A step that costs more fails the test; if it costs less, lower the bound
// here. Each failure prints the whole table as it is now.
#include <cstdint>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

#include "engine/base/device.h"
#include "engine/runtime/backend_for.h"
#include "gan/config/config.h"
#include "gan/config/presets.h"
#include "gan/train/memory_plan.h"
#include "gan/train/trainer.h"
#include "gtest/gtest.h"
#include "tests/gan/train/small_run.h"
#include "tests/support/op_counter.h"

namespace sg::gan {
namespace {

// Counts that follow from the model are derived as follows. G is one pass through generator and mapping network: 14
// convolutions (9 in style blocks, 5 to RGB), 31 products (8 mapping layers, 14 styles, 9 demodulations), 8
// resamplings, 36 biases (22 with an activation). D is one pass through the discriminator: 14 convolutions, 1 product,
// 8 resamplings, 15 biases (9 with an activation). Convolutions include their biases, except where the gradient of the
// demodulation is recorded: in the style blocks while G learns.
//   D      G forward, D of fakes and reals together forward; gradients of D's parameters, but not of its images
//   D+R1   G forward, D of fakes and its gradients; D of reals, its gradient for the images, and the gradients of both
//   G      G and D forward, the gradient of D for its images, the gradient of G for its parameters
//   G+PL   the same, plus the gradient of the images for w, and the gradients of that
enum Phase { kD, kDR1, kG, kGPL, kPhases };
constexpr const char* kPhaseNames[kPhases] = {"D", "D+R1", "G", "G+PL"};

struct Bound {
  const char* kind;
  std::vector<std::string> operations;  // names of operations
  int64_t most[kPhases];
};

const std::vector<Bound>& Bounds() {
  static const auto* const bounds = new std::vector<Bound>{
      {"convolutions", {"Conv2d"}, {28, 56, 28, 37}},
      {"their input gradients", {"Conv2dInputGrad"}, {13, 40, 28, 42}},
      {"their weight gradients", {"Conv2dWeightGrad"}, {14, 42, 14, 28}},
      {"matrix products", {"MatMul"}, {34, 39, 94, 163}},
      {"resamplings", {"UpFirDn2d", "UpFirDn2dTransposed"}, {24, 56, 32, 44}},
      {"biases of their own", {"BiasAct"}, {23, 24, 32, 32}},
      {"their gradients", {"BiasActGrad"}, {9, 36, 31, 54}},
  };
  return *bounds;
}
// All operations: those above, elementwise arithmetic, sums and copies.
constexpr int64_t kMostOperations[kPhases] = {292, 584, 575, 1176};
// Tensors allocated from the pool, including the images.
constexpr int64_t kMostAllocations[kPhases] = {306, 599, 588, 1194};
// The tensors of the annotated model at 64x64, batch 8, f32: 350.1 MiB.
constexpr int64_t kMostPeakBytes = 367'077'824;

// The annotated model at 64x64 with few channels, which has the same counts as the full one. No batch mixes two
// latents, since that would add some operations in some steps.
TrainConfig NarrowConfig() {
  TrainConfig config = *PresetConfig("annotated");
  config.model.latent_dim = 8;
  config.model.g_features = config.model.d_features = 4;
  config.model.max_features = 8;
  config.loss.mixing_prob = 0;
  config.batch = 4;
  return config;
}

struct Cost {
  std::vector<int64_t> by_kind;  // in the order of Bounds()
  int64_t operations = 0, allocations = 0, system_allocations = 0;
};

// The costs of every phase, after two runs that fill the caches and give the path length a mean.
std::vector<Cost> WarmCosts(Device device) {
  const TrainConfig config = NarrowConfig();
  Trainer trainer(config, device);
  Backend& backend = BackendFor(device);
  const Batch images = UniformBatch(config, 100);
  const auto run = [&](int phase) {
    std::vector<StepScalar> scalars;
    if (phase == kD || phase == kDR1) {
      trainer.StepDiscriminator(images, /*r1=*/phase == kDR1, &scalars);
    } else {
      trainer.StepGenerator(/*path_length=*/phase == kGPL, &scalars);
    }
  };
  for (int i = 0; i < 2; ++i) {
    for (int phase = 0; phase < kPhases; ++phase) run(phase);
  }
  std::vector<Cost> costs(kPhases);
  for (int phase = 0; phase < kPhases; ++phase) {
    const MemoryStats before = backend.Stats();
    const testing::OpCounter counter;
    run(phase);
    const MemoryStats after = backend.Stats();
    Cost& cost = costs[phase];
    cost.operations = counter.total();
    cost.allocations = after.allocations - before.allocations;
    cost.system_allocations = after.system_allocations - before.system_allocations;
    for (const Bound& bound : Bounds()) {
      cost.by_kind.push_back(0);
      for (const std::string& name : bound.operations) cost.by_kind.back() += counter.count(name);
    }
  }
  return costs;
}

std::string Table(const std::vector<Cost>& costs) {
  std::ostringstream table;
  const auto row = [&](const std::string& name, const std::function<int64_t(const Cost&)>& value) {
    table << "  " << name << ": {";
    for (int phase = 0; phase < kPhases; ++phase) table << (phase == 0 ? "" : ", ") << value(costs[phase]);
    table << "}\n";
  };
  table << "as it is now, {D, D+R1, G, G+PL}:\n";
  for (size_t i = 0; i < Bounds().size(); ++i) {
    row(Bounds()[i].kind, [i](const Cost& cost) { return cost.by_kind[i]; });
  }
  row("operations", [](const Cost& cost) { return cost.operations; });
  row("allocations", [](const Cost& cost) { return cost.allocations; });
  return table.str();
}

TEST(StepCostsTest, OperationsOfAStep) {
  const std::vector<Cost> costs = WarmCosts(Device::Plan());
  bool within = true;
  for (int phase = 0; phase < kPhases; ++phase) {
    SCOPED_TRACE(kPhaseNames[phase]);
    for (size_t i = 0; i < Bounds().size(); ++i) {
      EXPECT_GT(costs[phase].by_kind[i], 0) << Bounds()[i].kind << ": is that still their name?";
      EXPECT_LE(costs[phase].by_kind[i], Bounds()[i].most[phase]) << Bounds()[i].kind;
      within = within && costs[phase].by_kind[i] <= Bounds()[i].most[phase];
    }
    EXPECT_LE(costs[phase].operations, kMostOperations[phase]);
    within = within && costs[phase].operations <= kMostOperations[phase];
  }
  EXPECT_TRUE(within) << Table(costs);
}

TEST(StepCostsTest, AllocationsOfAStep) {
  const std::vector<Cost> costs = WarmCosts(Device::Plan());
  for (int phase = 0; phase < kPhases; ++phase) {
    EXPECT_LE(costs[phase].allocations, kMostAllocations[phase]) << kPhaseNames[phase] << "\n" << Table(costs);
    EXPECT_GE(costs[phase].allocations, costs[phase].operations) << kPhaseNames[phase] << ": one for each result";
  }
}

// The planning backend counts the same operations as the CPU.
TEST(StepCostsTest, AWarmStepAsksTheSystemForNothing) {
  const std::vector<Cost> cpu = WarmCosts(Device::Cpu()), plan = WarmCosts(Device::Plan());
  for (int phase = 0; phase < kPhases; ++phase) {
    SCOPED_TRACE(kPhaseNames[phase]);
    EXPECT_EQ(cpu[phase].system_allocations, 0);
    EXPECT_EQ(cpu[phase].operations, plan[phase].operations);
    EXPECT_EQ(cpu[phase].allocations, plan[phase].allocations);
  }
}

TEST(StepCostsTest, PeakBytesOfTheFullModel) {
  TrainConfig config = *PresetConfig("annotated");
  config.batch = 8;
  ASSERT_EQ(config.model.resolution, 64);
  const int64_t peak = PredictPeakBytes(config);
  RecordProperty("peak_bytes", std::to_string(peak));
  EXPECT_LE(peak, kMostPeakBytes);
}

}  // namespace
}  // namespace sg::gan
