// Compares two whole training steps, with clipping and Adam, with PyTorch.
#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/ops/elementwise.h"
#include "engine/ops/in_place.h"
#include "engine/ops/shape_ops.h"
#include "gtest/gtest.h"
#include "nn/optim/adam.h"
#include "tests/gan/train/parity_networks.h"
#include "tests/support/goldens.h"
#include "tests/support/tensors.h"

namespace sg::gan {
namespace {

const std::vector<std::string> kNetworks = {"discriminator", "generator", "mapping"};

class StepsParity : public ::testing::TestWithParam<Device> {
 protected:
  nn::Adam MakeAdam() {
    nn::AdamOptions options;
    options.beta1 = 0;
    options.beta2 = 0.99;
    options.eps = 1e-8;
    options.max_norm = 1;
    std::vector<nn::AdamGroup> groups;
    for (const std::string& name : kNetworks) {
      groups.push_back({name, networks_.Parameters(name), name == "mapping" ? 1e-5 : 1e-3});
    }
    return nn::Adam(std::move(groups), options);
  }

  // Clips and updates one network with its part of the phase's gradients.
  void Update(int group, const Phase& phase, const std::string& golden) {
    std::vector<Tensor> gradients;
    for (const nn::NamedTensor& g : phase.gradients) {
      if (g.name.rfind(kNetworks[group] + ".", 0) == 0) gradients.push_back(g.tensor);
    }
    const Tensor norm = adam_.Step(adam_.name(group), gradients);
    goldens_.ExpectClose(golden + "/out/norm_" + kNetworks[group], Reshape(norm, {}), testing::kGradientTolerance);
  }

  void StepDiscriminator(const std::string& step, int crossover, bool with_r1) {
    const Phase phase = networks_.Discriminate(step + "/d/in/", crossover, with_r1);
    goldens_.ExpectClose(step + "/d/out", phase.loss, kLossTolerance);
    Update(0, phase, step + "/d");
  }

  void StepGenerator(const std::string& inputs, const std::string& golden, int crossover, PathLengthPenalty* penalty) {
    const Phase phase = networks_.Generate(inputs + "/g/in/", crossover, penalty);
    goldens_.ExpectClose(golden + "/g/out", phase.loss, kLossTolerance);
    Update(1, phase, golden + "/g");
    Update(2, phase, golden + "/g");
  }

  // Compares the changes rather than the values: a learning rate of 1e-3 changes the values by as little as their
  // tolerance.
  void ExpectParameters(const std::string& golden, const std::vector<std::string>& networks) {
    const auto norm = [](const Tensor& t) { return std::sqrt(SquaredNorm({t}).Item()); };
    for (const std::string& network : networks) {
      for (const nn::NamedTensor& p : networks_.Parameters(network)) {
        const Tensor want = goldens_.Get(golden + "/param/" + p.name), start = goldens_.Get("param/" + p.name);
        const double changed = norm(Sub(want, start));
        EXPECT_GT(changed, 0) << golden << " " << p.name;
        EXPECT_LE(norm(Sub(p.tensor, want)), kChangeTolerance * changed + kRounding * norm(want))
            << golden << " " << p.name << ", changed by " << changed;
      }
    }
  }

  void TwoSteps(bool annotated_axes) {
    StepDiscriminator("step1", /*crossover=*/1, /*with_r1=*/true);
    StepGenerator("step1", "step1", /*crossover=*/2, nullptr);
    ExpectParameters("step1", kNetworks);
    StepDiscriminator("step2", /*crossover=*/0, /*with_r1=*/false);
    const std::unique_ptr<PathLengthPenalty> penalty = networks_.MakePathLengthPenalty("step2/g/in/", annotated_axes);
    const std::string last = annotated_axes ? "step2_labml" : "step2";
    StepGenerator("step2", last, /*crossover=*/1, penalty.get());
    ExpectParameters("step2", {"discriminator"});
    ExpectParameters(last, {"generator", "mapping"});
  }

  static constexpr double kLossTolerance = 1e-5;
  static constexpr double kChangeTolerance = 1e-3;
  static constexpr double kRounding = 1e-7;  // of a parameter to which two updates of 1e-5 are added

  const testing::Goldens goldens_{"steps.safetensors", GetParam()};
  ParityNetworks networks_{goldens_};
  nn::Adam adam_ = MakeAdam();
};

INSTANTIATE_TEST_SUITE_P(Devices, StepsParity, ::testing::ValuesIn(testing::ParityDevices()), testing::DeviceTestName);

TEST_P(StepsParity, WithLengthsPerImage) { TwoSteps(/*annotated_axes=*/false); }
TEST_P(StepsParity, WithAnnotatedAxes) { TwoSteps(/*annotated_axes=*/true); }

}  // namespace
}  // namespace sg::gan
