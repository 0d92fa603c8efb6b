#include "gan/train/train_state.h"

#include <set>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/gan/train/small_run.h"

namespace sg::gan {
namespace {

using ::testing::ElementsAre;

// Adds `shift` to every counter.
class Counters final : public StateVisitor {
 public:
  explicit Counters(int64_t shift) : shift_(shift) {}
  void Tensors(int since, const std::vector<nn::NamedTensor>& tensors) override {
    EXPECT_GE(since, 1);
    for (const nn::NamedTensor& t : tensors) EXPECT_TRUE(tensor_names.insert(t.name).second) << t.name << " twice";
  }
  int64_t Counter(int since, const std::string& name, int64_t max, int64_t value) override {
    EXPECT_GE(since, 1) << name;
    EXPECT_LE(value, max) << name;
    names.push_back(name);
    values.push_back(value);
    return value + shift_;
  }

  std::set<std::string> tensor_names;
  std::vector<std::string> names;
  std::vector<int64_t> values;

 private:
  const int64_t shift_;
};

TEST(TrainStateTest, VisitsEveryEntryOnce) {
  TrainState state(SmallConfig(), Device::Plan());
  Counters counters(0);
  state.Visit(counters);
  EXPECT_THAT(
      counters.names,
      ElementsAre("steps", "path_length.steps", "adam.discriminator.steps", "adam.generator.steps",
                  "adam.mapping_network.steps", "random.init", "random.latents", "random.mixing", "random.noise",
                  "random.path_length", "random.augment", "augment.p", "augment.images", "augment.signs",
                  "rollback.count", "rollback.good", "rollback.candidate", "rollback.unsteady"));
  EXPECT_EQ(counters.tensor_names.size(), StateTensors(&state).size());
  const size_t generator = state.generator_parameters.size(), discriminator = state.discriminator_parameters.size();
  EXPECT_EQ(counters.tensor_names.size(), 3 * generator + 2 * discriminator + 2)
      << "networks, average, second moments, mean w, path lengths";
  EXPECT_EQ(state.synthesis_parameters.size() + state.mapping_parameters.size(), generator);
}

TEST(TrainStateTest, TakesTheCountersThatAVisitorReturns) {
  TrainState state(SmallConfig(), Device::Cpu());
  Counters before(1), after(0);
  state.Visit(before);
  state.Visit(after);
  for (size_t i = 0; i < before.names.size(); ++i) EXPECT_EQ(after.values[i], before.values[i] + 1) << before.names[i];
}

TEST(TrainStateTest, VisitsTheNoiseOfBothGenerators) {
  TrainState state(SmallConditionalConfig(), Device::Cpu());
  Counters counters(0);
  state.Visit(counters);
  ASSERT_EQ(state.generator_buffers.size(), 3u);
  for (size_t i = 0; i < 3; ++i) {
    const nn::NamedTensor& noise = state.generator_buffers[i];
    EXPECT_EQ(counters.tensor_names.count(noise.name), 1u) << noise.name;
    EXPECT_EQ(counters.tensor_names.count("ema." + noise.name), 1u) << noise.name;
    EXPECT_EQ(state.average_buffers[i].tensor.ToHost<float>(), noise.tensor.ToHost<float>());
  }
  EXPECT_EQ(state.latent_average.shape(), Shape({6})) << "w_dim";
}

TEST(TrainStateTest, BeginsWithTheAverageAtTheGenerator) {
  TrainState state(SmallConfig(), Device::Cpu());
  for (size_t i = 0; i < state.average_parameters.size(); ++i) {
    EXPECT_EQ(state.average_parameters[i].tensor.ToHost<float>(), state.generator_parameters[i].tensor.ToHost<float>());
  }
  EXPECT_EQ(state.device(), Device::Cpu());
}

}  // namespace
}  // namespace sg::gan
