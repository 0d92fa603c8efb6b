#include "gan/loss/path_length_penalty.h"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "engine/autograd/grad.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/in_place.h"
#include "engine/ops/reduce.h"
#include "engine/ops/shape_ops.h"
#include "gan/config/config.h"
#include "gan/config/presets.h"
#include "gan/model/stylegan2/generator.h"
#include "gtest/gtest.h"
#include "tests/support/goldens.h"
#include "tests/support/module_gradcheck.h"
#include "tests/support/tensors.h"

namespace sg::gan {
namespace {

using testing::ExpectValues;
using testing::F64;
using testing::NormalF64;

ModelConfig Config(int latent_dim, int features, int max_features) {
  ModelConfig config;
  config.resolution = 8;
  config.latent_dim = latent_dim;
  config.g_features = features;
  config.max_features = max_features;
  return config;
}

// Sets the state of a penalty that has been called before.
void SetState(PathLengthPenalty& penalty, const Tensor& exponential_sum, int64_t steps) {
  const std::vector<float> sum = exponential_sum.ToHost<float>();
  CopyFromHost(penalty.exponential_sum(), sum.data(), sum.size() * sizeof(float));
  penalty.set_steps(steps);
}

class PathLengthPenaltyParity : public ::testing::TestWithParam<Device> {
 protected:
  void Check(const std::string& name, int64_t steps, bool annotated_axes) {
    testing::GoldenCase golden(name, GetParam());
    Generator generator(Config(8, 4, 8), golden.init());
    golden.Fill(nn::Parameters(generator));
    std::vector<BlockNoise> noise(2);
    noise[0].second = golden.Input("noise.0.1");
    noise[1].first = golden.Input("noise.1.0");
    noise[1].second = golden.Input("noise.1.1");
    PathLengthPenalty penalty({0.99, annotated_axes}, DType::kF32, GetParam());
    SetState(penalty, golden.Constant("exp_sum_a"), steps);

    const Tensor w = golden.Input("w");
    const Tensor loss = penalty.Penalty(w, generator.Forward(w, noise), golden.Constant("y"));
    EXPECT_EQ(penalty.steps(), steps + 1);
    golden.ExpectOutput("exp_sum_a", Reshape(penalty.exponential_sum(), {}));
    if (steps == 0) {
      golden.ExpectOutput("", loss);
      EXPECT_FALSE(loss.tracked());
    } else {
      golden.ExpectMatches(loss);
    }
  }
};

INSTANTIATE_TEST_SUITE_P(Devices, PathLengthPenaltyParity, ::testing::ValuesIn(testing::ParityDevices()),
                         testing::DeviceTestName);

TEST_P(PathLengthPenaltyParity, TheFirstCallIsPyTorchs) { Check("path_length_penalty_first", 0, false); }
TEST_P(PathLengthPenaltyParity, TheSecondCallIsPyTorchs) { Check("path_length_penalty_second", 1, false); }
TEST_P(PathLengthPenaltyParity, TheFirstCallWithAnnotatedAxesIsPyTorchs) {
  Check("path_length_penalty_first_labml", 0, true);
}
TEST_P(PathLengthPenaltyParity, TheSecondCallWithAnnotatedAxesIsPyTorchs) {
  Check("path_length_penalty_second_labml", 1, true);
}

// Images [2,1,4,1] = w0 a + w1 b per image, for two latents w0 and w1 with one number each. The lengths are known: for
// y of ones, J'y is sum(a) for the first latent and sum(b) for the second, divided by sqrt(4 pixels).
class KnownLengths : public ::testing::Test {
 protected:
  Tensor Images(const Tensor& w) const {
    const Tensor w0 = Reshape(Narrow(w, 0, 0, 1), {2, 1, 1, 1}), w1 = Reshape(Narrow(w, 0, 1, 1), {2, 1, 1, 1});
    return Add(Mul(w0, a_), Mul(w1, b_));
  }
  Tensor Call(PathLengthPenalty& penalty) const { return penalty.Penalty(w_, Images(w_), ones_); }

  const Tensor w_ = F64({2, 2, 1}, {1, 2, 3, 4}).Track();
  const Tensor a_ = F64({2, 1, 4, 1}, {1, 1, 1, 3, 2, 2, 2, 0});  // sums 6, 6
  const Tensor b_ = F64({2, 1, 4, 1}, {8, 0, 0, 0, 1, 1, 2, 0});  // sums 8, 4
  const Tensor ones_ = Tensor::Full({2, 1, 4, 1}, 1, DType::kF64, Device::Ref());
  // Per image, averaged over latents: sqrt((6^2 + 8^2) / 2) / 2, sqrt((6^2 + 4^2) / 2) / 2.
  const double first_ = std::sqrt(50.0) / 2, second_ = std::sqrt(26.0) / 2;
};

TEST_F(KnownLengths, AreTakenPerImage) {
  PathLengthPenalty penalty({0.75, /*annotated_axes=*/false}, DType::kF64, Device::Ref());
  EXPECT_EQ(Call(penalty).Item(), 0);
  EXPECT_NEAR(penalty.exponential_sum().Item(), 0.25 * (first_ + second_) / 2, 1e-14);
  // After one call, the bias-corrected mean equals the mean of that call.
  const double half = (first_ - second_) / 2;
  EXPECT_NEAR(Call(penalty).Item(), half * half, 1e-14);
  EXPECT_EQ(penalty.steps(), 2);
  EXPECT_NEAR(penalty.exponential_sum().Item(), (1 - 0.75 * 0.75) * (first_ + second_) / 2, 1e-14);
}

TEST_F(KnownLengths, AreTakenPerBlockWithAnnotatedAxes) {
  PathLengthPenalty penalty({0.75, /*annotated_axes=*/true}, DType::kF64, Device::Ref());
  Call(penalty);
  const double block0 = 3, block1 = std::sqrt((16.0 + 4.0) / 2);
  EXPECT_NEAR(penalty.exponential_sum().Item(), 0.25 * (block0 + block1) / 2, 1e-14);
  const double half = (block0 - block1) / 2;
  EXPECT_NEAR(Call(penalty).Item(), half * half, 1e-14);
}

TEST_F(KnownLengths, ThatAreNotFiniteLeaveTheMean) {
  const double mean = (first_ + second_) / 2, half = (first_ - second_) / 2;
  for (const double bad : {std::numeric_limits<double>::infinity(), std::nan("")}) {
    const Tensor y = Tensor::Full({2, 1, 4, 1}, bad, DType::kF64, Device::Ref());
    PathLengthPenalty penalty({0.75, /*annotated_axes=*/false}, DType::kF64, Device::Ref());
    Call(penalty);
    for (int64_t steps = 1; steps < 4; ++steps) {
      EXPECT_FALSE(std::isfinite(penalty.Penalty(w_, Images(w_), y).Item())) << bad;
      EXPECT_EQ(penalty.steps(), steps + 1);
      EXPECT_NEAR(penalty.exponential_sum().Item(), (1 - std::pow(0.75, steps + 1)) * mean, 1e-14) << bad;
    }
    // The target is still the mean of the first call.
    EXPECT_NEAR(Call(penalty).Item(), half * half, 1e-13) << bad;
  }
}

TEST_F(KnownLengths, ThatAreNotFiniteAtFirstCountAsZero) {
  PathLengthPenalty penalty({0.75, /*annotated_axes=*/false}, DType::kF64, Device::Ref());
  EXPECT_EQ(
      penalty.Penalty(w_, Images(w_), Tensor::Full({2, 1, 4, 1}, std::nan(""), DType::kF64, Device::Ref())).Item(), 0);
  EXPECT_EQ(penalty.exponential_sum().Item(), 0);
  EXPECT_NEAR(Call(penalty).Item(), (first_ * first_ + second_ * second_) / 2, 1e-13);
  EXPECT_NEAR(penalty.exponential_sum().Item(), 0.25 * (first_ + second_) / 2, 1e-14);
}

TEST_F(KnownLengths, MayBePartOfTheirOwnTarget) {
  PathLengthPenalty penalty({0.75, /*annotated_axes=*/false, /*mean_includes_batch=*/true}, DType::kF64, Device::Ref());
  const double mean = (first_ + second_) / 2;
  const auto squares = [&](double target) {
    return (std::pow(first_ - target, 2) + std::pow(second_ - target, 2)) / 2;
  };
  EXPECT_NEAR(Call(penalty).Item(), squares(0.25 * mean), 1e-13) << "from zero, and not only the start of the mean";
  EXPECT_NEAR(penalty.exponential_sum().Item(), 0.25 * mean, 1e-14);
  EXPECT_NEAR(Call(penalty).Item(), squares(0.4375 * mean), 1e-13);
  EXPECT_NEAR(penalty.exponential_sum().Item(), 0.4375 * mean, 1e-14);
  const Tensor y = Tensor::Full({2, 1, 4, 1}, std::nan(""), DType::kF64, Device::Ref());
  EXPECT_FALSE(std::isfinite(penalty.Penalty(w_, Images(w_), y).Item()));
  EXPECT_NEAR(penalty.exponential_sum().Item(), 0.4375 * mean, 1e-14) << "what is not finite leaves the mean";
}

// Scaling the images by s scales the lengths and the target by s. The penalty then scales with the square of s, which
// would not hold if the target were a constant.
TEST_F(KnownLengths, DifferentiateTheTargetTheyArePartOf) {
  PathLengthPenalty penalty({0.5, /*annotated_axes=*/false, /*mean_includes_batch=*/true}, DType::kF64, Device::Ref());
  const Tensor s = F64({1}, {1}).Track();
  const Tensor loss = penalty.Penalty(w_, Mul(Images(w_), s), ones_);
  const double target = (first_ + second_) / 4;
  const double want = std::pow(first_ - target, 2) + std::pow(second_ - target, 2);
  ExpectValues(Grad({loss}, {s})[0], {want}, 1e-13);
}

// The images' graph must survive, since the loss and the penalty share it.
TEST_F(KnownLengths, LeaveTheImagesDifferentiable) {
  PathLengthPenalty penalty({0.75, /*annotated_axes=*/false}, DType::kF64, Device::Ref());
  const Tensor images = Images(w_);
  penalty.Penalty(w_, images, ones_);
  ExpectValues(Grad({Sum(images)}, {w_})[0], {6, 6, 8, 4}, 1e-14);
}

// Every derivative that training needs is of second order, through the whole generator. The annotated target does not
// depend on the parameters, since its running mean is over the earlier calls. The official target does.
TEST(PathLengthPenalty, DifferentiatesThroughTheGenerator) {
  const ModelConfig annotated = Config(2, 1, 2);
  ModelConfig official = PresetConfig("official")->model;
  official.resolution = 8;
  official.latent_dim = 2;
  official.channel_base = 8;
  const struct {
    ModelConfig model;
    PathLengthParams params;
  } cases[] = {{annotated, {0.99, false}}, {annotated, {0.99, true}}, {official, {0.99, false, true}}};
  for (const auto& c : cases) {
    testing::GradCheckOptions options;
    options.order = 1;
    options.step = 1e-6;  // many values, so some are close to the kinks of the leaky ReLUs
    RandomStream random;
    EXPECT_TRUE(testing::CheckModuleGradients<Generator>(
        Generator(c.model, testing::RefF64(&random)),
        {NormalF64({c.model.NumLatents(), 2, 2}, 1), NormalF64({2, 8, 8, 3}, 2)},
        [&](const Generator& g, const testing::Tensors& in) {
          PathLengthPenalty penalty(c.params, DType::kF64, Device::Ref());
          const double sum = 0.002;
          CopyFromHost(penalty.exponential_sum(), &sum, sizeof(sum));
          penalty.set_steps(1);
          return penalty.Penalty(in[0], g.Forward(in[0], NoNoise(c.model)), in[1]);
        },
        options));
  }
}

}  // namespace
}  // namespace sg::gan
