// The memory that a measured step reports, by kind.
#include "tools/benchmarks/step_benchmark.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "engine/base/device.h"
#include "gan/config/config.h"
#include "gan/train/trainer.h"
#include "gtest/gtest.h"
#include "nn/module.h"

namespace sg::bench {
namespace {

gan::TrainConfig SmallConfig() {
  gan::TrainConfig config;
  config.model.resolution = 8;
  config.model.latent_dim = config.model.max_features = 16;
  config.model.mapping_layers = 2;
  config.model.g_features = config.model.d_features = 8;
  config.batch = 4;
  return config;
}

std::map<std::string, PhaseMemory> ByName(const StepMemory& memory) {
  std::map<std::string, PhaseMemory> phases;
  for (const PhaseMemory& p : memory.phases) phases[p.name] = p;
  return phases;
}

TEST(StepBenchmarkTest, TheStateIsWhatTheTrainerHolds) {
  const gan::TrainConfig config = SmallConfig();
  const StepMemory memory = MeasurePhases(config, Device::Cpu(), /*runs=*/1, /*budget=*/0).memory;
  int64_t state = 0, numbers = 0;
  for (const nn::NamedTensor& t : gan::Trainer(config, Device::Cpu()).State()) {
    state += t.tensor.NumBytes();
    if (t.name == "path_length.exponential_sum") numbers += t.tensor.NumBytes();
  }
  EXPECT_EQ(memory.parameters + memory.averages + memory.moments + numbers, state);
  EXPECT_EQ(memory.moments, memory.parameters) << "the second moments alone, for beta1 is 0";
  const std::map<std::string, PhaseMemory> phases = ByName(memory);
  EXPECT_EQ(phases.at("dstep").gradients + phases.at("gstep").gradients, memory.parameters);
  // The generator's and the mapping network's averages, and that of w.
  EXPECT_EQ(memory.averages, phases.at("gstep").gradients + 4 * config.model.latent_dim);
  EXPECT_GE(memory.reserved, state);
}

TEST(StepBenchmarkTest, PhasesHoldWhatTheyCompute) {
  const StepMemory memory = MeasurePhases(SmallConfig(), Device::Cpu(), /*runs=*/1, /*budget=*/0).memory;
  std::vector<std::string> names;
  for (const PhaseMemory& p : memory.phases) {
    names.push_back(p.name);
    EXPECT_GE(p.activations, p.gradients) << p.name << ": in front of Adam's step all gradients are there";
    EXPECT_GT(p.scratch, 0) << p.name;
    EXPECT_GT(p.packed_weights, 0) << p.name;
  }
  EXPECT_EQ(names, (std::vector<std::string>{"dstep", "dstep_gp", "gstep", "gstep_pl"}));
  const std::map<std::string, PhaseMemory> phases = ByName(memory);
  EXPECT_GT(phases.at("gstep_pl").activations, phases.at("gstep").activations);
}

}  // namespace
}  // namespace sg::bench
