// Compares the networks with numbers that NVIDIA's implementation computed. The weights follow a rule, so no file of
// theirs is needed: the tensor that they call n holds np.random.RandomState(crc32(n)).randn(shape), and
//   *affine.bias                     is 1 + 0.1 of that,
//   other biases, *noise_strength    0.1 of it,
//   mapping.fc*                      is divided by 0.01, their learning rate multiplier, since it is stored so.
#include <cmath>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "engine/autograd/grad.h"
#include "engine/ops/broadcast.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/in_place.h"
#include "engine/ops/shape_ops.h"
#include "engine/tensor/record_scope.h"
#include "gan/config/config.h"
#include "gan/config/presets.h"
#include "gan/loss/path_length_penalty.h"
#include "gan/loss/r1_penalty.h"
#include "gan/model/common/latents.h"
#include "gan/model/networks.h"
#include "gan/sample/numpy_random.h"
#include "gan/sample/sampler.h"
#include "gtest/gtest.h"
#include "nn/module.h"
#include "tests/support/goldens.h"
#include "tests/support/tensors.h"

namespace sg::gan {
namespace {

constexpr double kTolerance = 1e-4;  // relative
constexpr int kResolution = 32, kLatents = 64;
constexpr double kLrMul = 0.01;

ModelConfig Config(int label_dim) {
  ModelConfig model = PresetConfig("official")->model;
  model.resolution = kResolution;
  model.latent_dim = kLatents;
  model.mapping_layers = 2;
  model.channel_base = 1024;
  model.max_features = 64;
  model.mbstd_group = 4;
  model.mapping_lr_mul = kLrMul;
  model.noise_const = true;
  model.label_dim = label_dim;
  return model;
}

// Replaces the beginning of *name. False if that is another.
bool Rename(absl::string_view from, absl::string_view to, std::string* name) {
  if (!absl::StartsWith(*name, from)) return false;
  *name = absl::StrCat(to, name->substr(from.size()));
  return true;
}

// Takes "12." off the beginning of *name.
int TakeNumber(std::string* name) {
  int number = 0;
  const size_t dot = name->find('.');
  SG_CHECK(absl::SimpleAtoi(name->substr(0, dot), &number)) << *name;
  name->erase(0, dot + 1);
  return number;
}

std::string MappingName(std::string name) {
  if (Rename("net.", "", &name)) {
    const int layer = TakeNumber(&name) / 2;  // every second entry is an activation
    name = absl::StrCat("fc", layer, ".", name);
  }
  return absl::StrCat("mapping.", name);
}

std::string LayerName(const std::string& layer, std::string name) {
  Rename("to_style.weight.", "affine.", &name);
  Rename("to_style.", "affine.", &name);
  Rename("conv.weight.", "", &name);
  Rename("scale_noise", "noise_strength", &name);
  return absl::StrCat(layer, ".", name);
}

std::string BlockName(int size, std::string name) {
  std::string layer;
  if (Rename("style_block1.", "", &name)) layer = "conv0";
  if (Rename("style_block.", "", &name) || Rename("style_block2.", "", &name)) layer = "conv1";
  if (Rename("to_rgb.", "", &name)) layer = "torgb";
  return absl::StrCat("synthesis.b", size, ".", layer.empty() ? name : LayerName(layer, name));
}

std::string GeneratorName(std::string name) {
  if (Rename("mapping_network.", "", &name)) return MappingName(name);
  SG_CHECK(Rename("generator.", "", &name)) << name;
  if (name == "initial_constant") return "synthesis.b4.const";
  if (Rename("noise_const.", "", &name)) {
    const int size = 4 << TakeNumber(&name);
    return absl::StrCat("synthesis.b", size, name == "first" ? ".conv0" : ".conv1", ".noise_const");
  }
  if (!Rename("blocks.", "", &name)) return BlockName(4, name);
  const int size = 8 << TakeNumber(&name);
  return BlockName(size, name);
}

std::string DiscriminatorName(std::string name) {
  if (Rename("mapping_network.", "", &name)) return MappingName(name);
  int size = 4;
  if (Rename("from_rgb.0.", "fromrgb.", &name)) size = kResolution;
  if (Rename("smaller_from_rgb.", "", &name)) {
    size = (kResolution / 2) >> TakeNumber(&name);
    name = absl::StrCat("fromrgb.", name);
  }
  if (Rename("blocks.", "", &name)) size = kResolution >> TakeNumber(&name);
  Rename("residual.1.", "skip.", &name);
  Rename("block.0.", "conv0.", &name);
  Rename("block.2.", "conv1.", &name);
  Rename("final.", "out.", &name);
  return absl::StrCat("b", size, ".", name);
}

// Python's zlib.crc32.
uint32_t Crc32(const std::string& text) {
  uint32_t crc = 0xffffffffu;
  for (const char c : text) {
    crc ^= static_cast<uint8_t>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (crc & 1 ? 0xedb88320u : 0);
  }
  return ~crc;
}

// The values by the rule, in the order of NVIDIA's file.
std::vector<double> ValuesByRule(const std::string& name, int64_t count) {
  std::vector<double> values = NumpyRandomState(Crc32(name)).RandN(count);
  const bool small =
      absl::EndsWith(name, "bias") || absl::EndsWith(name, "noise_strength") || absl::EndsWith(name, "w_avg");
  for (double& v : values) {
    if (small) v *= 0.1;
    if (absl::EndsWith(name, "affine.bias")) v += 1;
    if (absl::StartsWith(name, "mapping.fc")) v /= kLrMul;
  }
  return values;
}

// [O,I,kH,kW] to this engine's [O,kH,kW,I]; to [I,kH,kW,O] for the convolution that doubles the size.
std::vector<float> Arrange(const std::vector<double>& values, const Shape& shape, bool transposed) {
  std::vector<float> arranged(values.begin(), values.end());
  if (shape.rank() != 4) return arranged;
  const int64_t h = shape.dim(1), w = shape.dim(2), out = shape.dim(transposed ? 3 : 0);
  const int64_t in = shape.dim(transposed ? 0 : 3);
  size_t at = 0;
  for (int64_t o = 0; o < out; ++o) {
    for (int64_t i = 0; i < in; ++i) {
      for (int64_t p = 0; p < h * w; ++p) {
        arranged[transposed ? (i * h * w + p) * out + o : (o * h * w + p) * in + i] = static_cast<float>(values[at++]);
      }
    }
  }
  return arranged;
}

// Their name for a parameter of ours. Here a layer's weight is a module of its own with one parameter.
std::string NvidiaName(bool generator, const std::string& name) {
  std::string theirs = generator ? GeneratorName(name) : DiscriminatorName(name);
  if (absl::EndsWith(theirs, ".weight.weight")) theirs.resize(theirs.size() - std::string(".weight").size());
  return theirs;
}

void Fill(bool generator, const std::vector<nn::NamedTensor>& tensors) {
  for (const nn::NamedTensor& t : tensors) {
    const bool transposed = generator && absl::StrContains(t.name, "style_block1.conv");
    const std::vector<double> values = ValuesByRule(NvidiaName(generator, t.name), t.tensor.NumElements());
    const std::vector<float> arranged = Arrange(values, t.tensor.shape(), transposed);
    CopyFromHost(t.tensor, arranged.data(), arranged.size() * sizeof(float));
  }
}

double Sum(const Tensor& t) { return SumTo(t, {}).Item(); }
double SumOfSquares(const Tensor& t) { return MulSumTo(t, t, {}).Item(); }

void ExpectClose(double got, double want) { EXPECT_NEAR(got, want, kTolerance * std::abs(want)); }
// Positive and negative numbers cancel, so the tolerance is relative to the largest sum of numbers of this size.
void ExpectSum(const Tensor& t, double want) {
  EXPECT_NEAR(Sum(t), want, kTolerance * std::sqrt(SumOfSquares(t) * static_cast<double>(t.NumElements())));
}

// np.random.RandomState(seed).uniform(-1, 1, n).
std::vector<double> Uniform(uint32_t seed, int64_t n) {
  std::mt19937 engine(seed);
  std::vector<double> values(n);
  for (double& v : values) {
    const uint32_t high = engine() >> 5, low = engine() >> 6;
    v = 2 * ((high * 67108864.0 + low) / 9007199254740992.0) - 1;
  }
  return values;
}

// The images [n,channels,32,32] as [n,32,32,channels]. Takes the first channels of the three that the values have.
Tensor Images(const std::vector<double>& values, int64_t n, int64_t channels, Device device) {
  constexpr int64_t kPixels = kResolution * kResolution;
  std::vector<double> taken;
  for (int64_t i = 0; i < n; ++i) {
    const auto begin = values.begin() + i * 3 * kPixels;
    taken.insert(taken.end(), begin, begin + channels * kPixels);
  }
  const Shape shape = {n, kResolution, kResolution, channels};
  return Tensor::FromHost<float>(shape, Arrange(taken, shape, /*transposed=*/false), device);
}

// Row i is of the class classes[i].
Tensor Labels(const std::vector<int>& classes, int label_dim, Device device) {
  if (label_dim == 0) return {};
  std::vector<Tensor> rows;
  for (const int index : classes) rows.push_back(ClassLabels(index, 1, label_dim, device));
  return Concat(rows, 0);
}

class NvidiaParity : public ::testing::TestWithParam<Device> {
 protected:
  nn::InitContext Init() {
    nn::InitContext init;
    init.device = GetParam();
    return init;
  }
  std::shared_ptr<GeneratorNetwork> MakeG(const ModelConfig& model) {
    std::shared_ptr<GeneratorNetwork> network = MakeGenerator(model, Init());
    Fill(/*generator=*/true, nn::Parameters(*network));
    Fill(/*generator=*/true, nn::Buffers(*network));
    return network;
  }
  std::unique_ptr<DiscriminatorNetwork> MakeD(const ModelConfig& model) {
    std::unique_ptr<DiscriminatorNetwork> network = MakeDiscriminator(model, Init());
    Fill(/*generator=*/false, nn::Parameters(*network));
    return network;
  }

  // RandomState(85).randn(2, 64).
  Tensor Z() const {
    const std::vector<double> z = NumpyRandomState(85).RandN(2 * kLatents);
    return Tensor::FromHost<float>({2, kLatents}, std::vector<float>(z.begin(), z.end()), GetParam());
  }
  Tensor Average() const {
    const std::vector<double> w = ValuesByRule("mapping.w_avg", kLatents);
    return Tensor::FromHost<float>({kLatents}, std::vector<float>(w.begin(), w.end()), GetParam());
  }
  Tensor Reals(int64_t channels) const {
    return Images(Uniform(7, 8 * 3 * kResolution * kResolution), 8, channels, GetParam());
  }

  // The noise of the network for a batch of two.
  static std::vector<BlockNoise> NoiseOf(const GeneratorNetwork& g) {
    std::vector<BlockNoise> noise = g.NoiseConst();
    for (BlockNoise& block : noise) {
      for (Tensor* n : {&block.first, &block.second}) {
        if (n->defined()) *n = BroadcastTo(*n, {2, n->dim(1), n->dim(2), 1});
      }
    }
    return noise;
  }

  struct OfPathLength {
    double lengths[2], penalty, conv_gradient, mapping_gradient;
  };

  // Expected numbers of the generator with so many labels. The gradient of a leaky ReLU jumps at zero. Without labels,
  // one argument is so near to it that rounding decides its sign. `exact` are the numbers on the other side, which is
  // that of f64; NVIDIA's computation in f32 was on this one.
  struct OfGenerator {
    int label_dim;
    double w_sum, w_squares, w[4];
    double truncated_sum, truncated_squares;
    double const_sum, const_squares, const_first[4], const_last;
    double none_sum, none_squares;
    OfPathLength path_length, exact;
  };
  void ExpectGenerator(const OfGenerator& want);

  struct OfDiscriminator {
    int label_dim;
    double scores[8], gradients[8], penalty, conv_gradient, out_gradient;
  };
  void ExpectDiscriminator(const OfDiscriminator& want);
};

INSTANTIATE_TEST_SUITE_P(Devices, NvidiaParity, ::testing::ValuesIn(testing::ParityDevices()), testing::DeviceTestName);

// The gradient of `loss` for the parameter with that name of NVIDIA's.
double GradientSquares(const Tensor& loss, bool generator, const std::vector<nn::NamedTensor>& parameters,
                       const std::string& name) {
  for (const nn::NamedTensor& p : parameters) {
    if (NvidiaName(generator, p.name) == name) return SumOfSquares(Grad({loss}, {p.tensor})[0]);
  }
  ADD_FAILURE() << "no parameter " << name;
  return 0;
}

void NvidiaParity::ExpectGenerator(const OfGenerator& want) {
  const ModelConfig model = Config(want.label_dim);
  const std::shared_ptr<GeneratorNetwork> g = MakeG(model);
  const Tensor labels = Labels({3, 7}, want.label_dim, GetParam());
  const Tensor w = g->Map(Z(), labels);
  ExpectSum(w, want.w_sum);
  ExpectClose(SumOfSquares(w), want.w_squares);
  for (int i = 0; i < 4; ++i) ExpectClose(w.ToHost<float>()[i], want.w[i]);

  const Sampler sampler(model, g, Average());
  const Tensor truncated = sampler.MapLatents(Z(), labels, {/*psi=*/0.7, /*cutoff=*/3});
  const Tensor first = Narrow(truncated, 0, 0, 1), third = Narrow(truncated, 0, 2, 1),
               fourth = Narrow(truncated, 0, 3, 1);
  ExpectSum(first, want.truncated_sum);
  ExpectClose(SumOfSquares(first), want.truncated_squares);
  ExpectSum(third, want.truncated_sum);
  ExpectSum(fourth, want.w_sum);

  const Tensor latents = RepeatLatent(w, model.NumLatents());
  {
    RecordScope no_record(false);
    const Tensor image = g->Synthesize(latents, NoiseOf(*g)), plain = g->Synthesize(latents, NoNoise(model));
    ExpectSum(image, want.const_sum);
    ExpectClose(SumOfSquares(image), want.const_squares);
    const std::vector<float> values = image.ToHost<float>();
    for (int i = 0; i < 4; ++i) ExpectClose(values[3 * i], want.const_first[i]);
    ExpectClose(values.back(), want.const_last);
    ExpectSum(plain, want.none_sum);
    ExpectClose(SumOfSquares(plain), want.none_squares);
    // In [0,1], by the noise that the network holds.
    const Tensor sampled = sampler.Synthesize(latents, NoiseMode::kConst, /*noise_seed=*/5);
    testing::ExpectSameValues(sampled, Affine(image, 0.5, 0.5), 1e-5);
  }

  const Tensor image = g->Synthesize(latents, NoiseOf(*g));
  const Tensor y = Images(NumpyRandomState(11).RandN(2 * 3 * kResolution * kResolution), 2, 3, GetParam());
  const Tensor gradient = Grad({MulSumTo(image, y, {}, 1.0 / kResolution)}, {latents})[0];
  const Tensor lengths = Sqrt(MulSumTo(gradient, gradient, {1, 2, 1}, 1.0 / model.NumLatents()));
  const std::vector<float> length = lengths.ToHost<float>();
  const bool is_exact = std::abs(length[1] - want.exact.lengths[1]) < std::abs(length[1] - want.path_length.lengths[1]);
  const OfPathLength& side = is_exact ? want.exact : want.path_length;
  for (int i = 0; i < 2; ++i) ExpectClose(length[i], side.lengths[i]);
  PathLengthParams params;
  params.mean_includes_batch = true;
  PathLengthPenalty path_length(params, DType::kF32, GetParam());
  const Tensor penalty = path_length.Penalty(latents, image, y);
  ExpectClose(penalty.Item(), side.penalty);
  const std::vector<nn::NamedTensor> parameters = nn::Parameters(*g);
  ExpectClose(GradientSquares(penalty, true, parameters, "synthesis.b8.conv0.weight"), side.conv_gradient);
  ExpectClose(GradientSquares(penalty, true, parameters, "mapping.fc0.weight"), side.mapping_gradient);
}

TEST_P(NvidiaParity, Generator) {
  OfGenerator want = {};
  want.w_sum = 59.656562, want.w_squares = 112.650634;
  want.w[0] = -.19921, want.w[1] = -.297329, want.w[2] = 2.274685, want.w[3] = -.116432;
  want.truncated_sum = 41.216208, want.truncated_squares = 54.991021;
  want.const_sum = -741.490, want.const_squares = 5564.8039;
  want.const_first[0] = -.128406, want.const_first[1] = -.195006, want.const_first[2] = -.17403;
  want.const_first[3] = -.122024, want.const_last = .524310;
  want.none_sum = -662.7137, want.none_squares = 4988.8128;
  want.path_length = {{1.118369, .857423}, .973541, 2.948243e-2, 1.360680e-5};
  want.exact = {{1.118369, .857538}, .973636, 2.948842e-2, 1.361234e-5};
  ExpectGenerator(want);
}

TEST_P(NvidiaParity, ConditionalGenerator) {
  OfGenerator want = {};
  want.label_dim = 10;
  want.w_sum = 43.911825, want.w_squares = 84.713228;
  want.w[0] = .406426, want.w[1] = -.264796, want.w[2] = .914794, want.w[3] = -.073734;
  want.truncated_sum = 30.194892, want.truncated_squares = 40.879933;
  want.const_sum = -2922.916, want.const_squares = 7499.2475;
  want.const_first[0] = -.285461, want.const_first[1] = -.274764, want.const_first[2] = -.190957;
  want.const_first[3] = -.289146, want.const_last = .314418;
  want.none_sum = -2788.7054, want.none_squares = 6717.9609;
  want.path_length = want.exact = {{1.127967, 1.409699}, 1.597742, 7.882189e-2, 3.565731e-5};
  ExpectGenerator(want);
}

void NvidiaParity::ExpectDiscriminator(const OfDiscriminator& want) {
  const std::unique_ptr<DiscriminatorNetwork> d = MakeD(Config(want.label_dim));
  const Tensor x = Reals(3).Track();
  const Tensor scores = d->Forward(x, Labels({0, 1, 2, 3, 4, 5, 6, 7}, want.label_dim, GetParam()), /*batches=*/1);
  const Tensor gradient = Grad({scores}, {x})[0];
  const std::vector<float> got = scores.ToHost<float>();
  const std::vector<float> squares = MulSumTo(gradient, gradient, {8, 1, 1, 1}).ToHost<float>();
  for (int i = 0; i < 8; ++i) {
    // The scores of the conditional network are sums that cancel.
    EXPECT_NEAR(got[i], want.scores[i], kTolerance * (want.label_dim > 0 ? 1 : std::abs(want.scores[i]))) << i;
    EXPECT_NEAR(squares[i], want.gradients[i], 1e-6 + kTolerance * want.gradients[i]) << "known to 6 digits, " << i;
  }
  constexpr double kGamma = 10;
  const Tensor penalty = Scale(R1Penalty(x, scores), kGamma / 2);
  EXPECT_NEAR(penalty.Item(), want.penalty, 1e-6 + kTolerance * want.penalty) << "known to 6 digits";
  const std::vector<nn::NamedTensor> parameters = nn::Parameters(*d);
  ExpectClose(GradientSquares(penalty, false, parameters, "b32.conv0.weight"), want.conv_gradient);
  ExpectClose(GradientSquares(penalty, false, parameters, "b4.out.weight"), want.out_gradient);
}

TEST_P(NvidiaParity, Discriminator) {
  ExpectDiscriminator({0,
                       {.374825, .365762, .317002, .329826, .268521, .272946, .325296, .346875},
                       {.005382, .005996, .004011, .00572, .003925, .004717, .005138, .004776},
                       .024791,
                       2.735266e-5,
                       1.313796e-4});
}

TEST_P(NvidiaParity, ConditionalDiscriminator) {
  ExpectDiscriminator({10,
                       {.318047, .264982, -.00321, -.136039, -.19132, -.671407, -.704925, .020221},
                       {.032943, .010925, .003423, .022286, .018605, .017823, .010502, .006667},
                       .076983,
                       1.365706e-4,
                       8.863115e-4});
}

// One channel, every architecture, the activations clamped so low that many are.
TEST_P(NvidiaParity, ClampedArchitectures) {
  struct Case {
    Architecture architecture;
    double sum, squares, first, scores[2];
  };
  for (const Case& c : {Case{Architecture::kSkip, 680.2471, 722.3427, -.065353, {.070873, .076451}},
                        Case{Architecture::kResnet, 1444.7232, 1331.4846, .186611, {.326995, .334137}},
                        Case{Architecture::kOrig, 1014.8356, 732.4962, .061432, {.118564, .133434}}}) {
    SCOPED_TRACE(EnumName(c.architecture));
    ModelConfig model = Config(/*label_dim=*/0);
    model.image_channels = 1;
    model.conv_clamp = 1.5;
    model.g_architecture = model.d_architecture = c.architecture;
    model.mbstd_group = 0;
    const std::shared_ptr<GeneratorNetwork> g = MakeG(model);
    RecordScope no_record(false);
    const Tensor image = g->Synthesize(RepeatLatent(g->Map(Z()), model.NumLatents()), NoiseOf(*g));
    ExpectSum(image, c.sum);
    ExpectClose(SumOfSquares(image), c.squares);
    ExpectClose(image.ToHost<float>()[0], c.first);
    const std::vector<float> scores = MakeD(model)->Forward(Reals(1)).ToHost<float>();
    for (int i = 0; i < 2; ++i) ExpectClose(scores[i], c.scores[i]);
  }
}

}  // namespace
}  // namespace sg::gan
