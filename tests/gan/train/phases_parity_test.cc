// Compares losses and all gradients of every kind of update with PyTorch.
#include <memory>
#include <string>

#include "engine/ops/shape_ops.h"
#include "gtest/gtest.h"
#include "tests/gan/train/parity_networks.h"
#include "tests/support/goldens.h"
#include "tests/support/tensors.h"

namespace sg::gan {
namespace {

class PhasesParity : public ::testing::TestWithParam<Device> {
 protected:
  static constexpr int kCrossover = 2;

  void ExpectPhase(const std::string& name, const Phase& phase) const {
    goldens_.ExpectClose(name + "/out", phase.loss);
    goldens_.ExpectClose(name + "/out/scores_fake", phase.fake_scores);
    if (phase.real_scores.defined()) goldens_.ExpectClose(name + "/out/scores_real", phase.real_scores);
    goldens_.ExpectGradients(name + "/grad/", phase.gradients);
  }

  void ExpectPathLengthPhase(const std::string& name, bool annotated_axes) {
    const std::unique_ptr<PathLengthPenalty> penalty = networks_.MakePathLengthPenalty("in/", annotated_axes);
    const Phase phase = networks_.Generate("in/", kCrossover, penalty.get());
    ExpectPhase(name, phase);
    goldens_.ExpectClose(name + "/out/plp", phase.penalty);
    goldens_.ExpectClose(name + "/out/exp_sum_a", Reshape(penalty->exponential_sum(), {}));
  }

  const testing::Goldens goldens_{"phases.safetensors", GetParam()};
  ParityNetworks networks_{goldens_};
};

INSTANTIATE_TEST_SUITE_P(Devices, PhasesParity, ::testing::ValuesIn(testing::ParityDevices()), testing::DeviceTestName);

TEST_P(PhasesParity, Discriminator) { ExpectPhase("d_step", networks_.Discriminate("in/", kCrossover, false)); }

TEST_P(PhasesParity, DiscriminatorWithR1) {
  const Phase phase = networks_.Discriminate("in/", kCrossover, true);
  ExpectPhase("d_step_gp", phase);
  goldens_.ExpectClose("d_step_gp/out/gp", phase.penalty);
}

TEST_P(PhasesParity, Generator) { ExpectPhase("g_step", networks_.Generate("in/", kCrossover, nullptr)); }

TEST_P(PhasesParity, GeneratorWithPathLength) { ExpectPathLengthPhase("g_step_plp", /*annotated_axes=*/false); }

TEST_P(PhasesParity, GeneratorWithPathLengthAndAnnotatedAxes) {
  ExpectPathLengthPhase("g_step_plp_labml", /*annotated_axes=*/true);
}

}  // namespace
}  // namespace sg::gan
