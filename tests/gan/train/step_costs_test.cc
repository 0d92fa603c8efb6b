// What a training step costs, in numbers that are the same on every machine: operations by kind, allocations, peak
// bytes. Every bound is the present value: a step that costs more fails, one that costs less invites to lower the bound
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

// Where a count follows from the model, its derivation: G is a pass through generator and mapping network (14
// convolutions: 9 of style blocks and 5 to RGB; 31 products: 8 mapping layers, 14 styles, 9 demodulations; 8
// resamplings; 36 biases, 22 of them with an activation), D one through the discriminator (14 convolutions, 1 product,
// 8 resamplings, 15 biases, 9 with an activation).
//   D      G and D of fakes and reals together, forward; the gradients of D's parameters, but not of its images
//   D+R1   G and D of fakes and their gradients; D of reals, its gradient for the images, and the gradients of both
//   G      G and D forward, the gradient of D for its images, that of G for its parameters
//   G+PL   that, the gradient of the images for w, and its gradients
enum Phase { kD, kDR1, kG, kGPL, kPhases };
constexpr const char* kPhaseNames[kPhases] = {"D", "D+R1", "G", "G+PL"};

struct Bound {
  const char* kind;
  std::vector<std::string> operations;  // by the names of Op
  int64_t most[kPhases];
};

const std::vector<Bound>& Bounds() {
  static const auto* const bounds = new std::vector<Bound>{
      {"convolutions", {"Conv2d"}, {28, 56, 28, 37}},
      {"their input gradients", {"Conv2dInputGrad"}, {13, 40, 28, 42}},
      {"their weight gradients", {"Conv2dWeightGrad"}, {14, 42, 14, 28}},
      {"matrix products", {"MatMul"}, {34, 39, 94, 163}},
      {"resamplings", {"UpFirDn2d", "UpFirDn2dTransposed"}, {24, 56, 32, 44}},
      {"biases with activation", {"BiasAct"}, {51, 66, 51, 51}},
      {"their gradients", {"BiasActGrad"}, {9, 36, 31, 54}},
  };
  return *bounds;
}
// All of the above and the rest: arithmetic element by element, sums, copies.
constexpr int64_t kMostOperations[kPhases] = {320, 626, 594, 1195};
// Of tensors, from the pool, that of the images included.
constexpr int64_t kMostAllocations[kPhases] = {334, 641, 607, 1213};
// Of the tensors of the annotated model at 64x64, batch 8, f32: 350.1 MiB.
constexpr int64_t kMostPeakBytes = 367'077'824;

// The annotated model at 64x64 with few channels: the counts are those of the full one. No batch mixes two latents,
// which would take some more operations now and then.
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
  std::vector<int64_t> by_kind;  // as Bounds()
  int64_t operations = 0, allocations = 0, system_allocations = 0;
};

// One run of every phase, after two that fill the caches and give the path length a mean to compare with.
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

// The plan counts what the CPU does.
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
