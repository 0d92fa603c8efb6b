#include "gan/interop/weight_rules.h"

#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "engine/base/check.h"
#include "gan/model/stylegan2/discriminator.h"
#include "gan/model/stylegan2/generator.h"

namespace sg::gan {
namespace {

constexpr int64_t kKernel = 3, kFirstSize = 4;

class RuleList {
 public:
  // A rule whose tensors differ by nothing but dimensions of 1.
  void Same(absl::string_view ours, absl::string_view foreign, const Shape& shape, const Shape& foreign_shape) {
    rules.push_back({std::string(ours), std::string(foreign), shape, foreign_shape, WeightChange::kReshape});
  }
  void Same(absl::string_view ours, absl::string_view foreign, const Shape& shape) {
    Same(ours, foreign, shape, shape);
  }

  // A modulated convolution without its bias: the weight, and the layer that makes its styles.
  void Modulated(absl::string_view ours, absl::string_view foreign, const Shape& weight, int64_t w_dim) {
    Same(absl::StrCat(ours, ".to_style.weight.weight"), absl::StrCat(foreign, ".affine.weight"), {weight[1], w_dim});
    Same(absl::StrCat(ours, ".to_style.bias"), absl::StrCat(foreign, ".affine.bias"), {weight[1]});
    Same(absl::StrCat(ours, ".conv.weight.weight"), absl::StrCat(foreign, ".weight"), weight);
  }

  void StyleBlock(absl::string_view ours, absl::string_view foreign, int64_t in, int64_t out, int64_t w_dim,
                  bool doubles_size) {
    Modulated(ours, foreign, {out, in, kKernel, kKernel}, w_dim);
    if (doubles_size) {
      rules.back().shape = {in, out, kKernel, kKernel};
      rules.back().change = WeightChange::kExchange;
    }
    Same(absl::StrCat(ours, ".scale_noise"), absl::StrCat(foreign, ".noise_strength"), {1}, {});
    Same(absl::StrCat(ours, ".bias"), absl::StrCat(foreign, ".bias"), {out});
  }

  void ToRgb(absl::string_view ours, absl::string_view foreign, int64_t in, int64_t colors, int64_t w_dim) {
    Modulated(ours, foreign, {colors, in, 1, 1}, w_dim);
    Same(absl::StrCat(ours, ".bias"), absl::StrCat(foreign, ".bias"), {colors});
  }

  // A dense layer, or a convolution if `kernel` is not 0.
  void Layer(absl::string_view ours, absl::string_view foreign, int64_t in, int64_t out, int64_t kernel,
             bool bias = true) {
    const Shape weight = kernel == 0 ? Shape({out, in}) : Shape({out, in, kernel, kernel});
    Same(absl::StrCat(ours, ".weight.weight"), absl::StrCat(foreign, ".weight"), weight);
    if (bias) Same(absl::StrCat(ours, ".bias"), absl::StrCat(foreign, ".bias"), {out});
  }

  std::vector<WeightRule> rules;
};

std::string Block(int64_t size) { return absl::StrCat("b", size); }

float Stored(float effective, float lr_mul) {
  // Of the floats around the quotient, one that the multiplication takes back to `effective`, if there is any.
  const float quotient = effective / lr_mul;
  constexpr float kUp = std::numeric_limits<float>::infinity();
  for (const float candidate : {quotient, std::nextafter(quotient, kUp), std::nextafter(quotient, -kUp)}) {
    if (candidate * lr_mul == effective) return candidate;
  }
  return quotient;
}

}  // namespace

std::vector<WeightRule> GeneratorRules(const ModelConfig& model) {
  RuleList list;
  const int64_t d = model.latent_dim, colors = model.image_spec().channels;
  for (int i = 0; i < model.mapping_layers; ++i) {
    list.Layer(absl::StrCat("mapping_network.net.", 2 * i), absl::StrCat("mapping.fc", i), d, d, /*kernel=*/0);
    list.rules[list.rules.size() - 2].change = WeightChange::kTimesLrMul;
    list.rules.back().change = WeightChange::kTimesLrMul;
  }
  const std::vector<int64_t> features = GeneratorFeatures(model);
  const int64_t first = features[0];
  list.Same("generator.initial_constant", "synthesis.b4.const", {1, first, kFirstSize, kFirstSize},
            {first, kFirstSize, kFirstSize});
  list.StyleBlock("generator.style_block", "synthesis.b4.conv1", first, first, d, /*doubles_size=*/false);
  list.ToRgb("generator.to_rgb", "synthesis.b4.torgb", first, colors, d);
  for (size_t i = 1; i < features.size(); ++i) {
    const std::string ours = absl::StrCat("generator.blocks.", i - 1);
    const std::string foreign = absl::StrCat("synthesis.", Block(kFirstSize << i));
    list.StyleBlock(ours + ".style_block1", foreign + ".conv0", features[i - 1], features[i], d, model.strided_conv);
    list.StyleBlock(ours + ".style_block2", foreign + ".conv1", features[i], features[i], d, /*doubles_size=*/false);
    list.ToRgb(ours + ".to_rgb", foreign + ".torgb", features[i], colors, d);
  }
  return std::move(list.rules);
}

std::vector<WeightRule> DiscriminatorRules(const ModelConfig& model) {
  RuleList list;
  const std::vector<int64_t> features = DiscriminatorFeatures(model);  // from full resolution down
  const int64_t last = features.back();
  list.Layer("from_rgb.0", absl::StrCat(Block(model.resolution), ".fromrgb"), model.image_spec().channels, features[0],
             /*kernel=*/1);
  for (size_t i = 1; i < features.size(); ++i) {
    const std::string ours = absl::StrCat("blocks.", i - 1), foreign = Block(model.resolution >> (i - 1));
    list.Layer(ours + ".residual.1", foreign + ".skip", features[i - 1], features[i], /*kernel=*/1, /*bias=*/false);
    list.Layer(ours + ".block.0", foreign + ".conv0", features[i - 1], features[i - 1], kKernel);
    list.Layer(ours + ".block.2", foreign + ".conv1", features[i - 1], features[i], kKernel);
  }
  list.Layer("conv", "b4.conv", last + 1, last, kKernel);  // the extra channel is the standard deviation
  list.Layer("fc", "b4.fc", kFirstSize * kFirstSize * last, last, /*kernel=*/0);
  list.Layer("final", "b4.out", last, 1, /*kernel=*/0);
  return std::move(list.rules);
}

HostTensor FromForeign(const WeightRule& rule, HostTensor foreign, double mapping_lr_mul) {
  SG_CHECK(foreign.shape == rule.foreign_shape) << "[FromForeign] " << rule.foreign << " " << foreign.shape;
  switch (rule.change) {
    case WeightChange::kReshape: break;
    case WeightChange::kExchange: return Transposed(foreign, {1, 0, 2, 3});
    case WeightChange::kTimesLrMul:
      for (float& value : foreign.values) value *= static_cast<float>(mapping_lr_mul);
      break;
  }
  return Reshaped(std::move(foreign), rule.shape);
}

HostTensor ToForeign(const WeightRule& rule, HostTensor ours, double mapping_lr_mul) {
  SG_CHECK(ours.shape == rule.shape) << "[ToForeign] " << rule.ours << " " << ours.shape;
  switch (rule.change) {
    case WeightChange::kReshape: break;
    case WeightChange::kExchange: return Transposed(ours, {1, 0, 2, 3});
    case WeightChange::kTimesLrMul:
      for (float& value : ours.values) value = Stored(value, static_cast<float>(mapping_lr_mul));
      break;
  }
  return Reshaped(std::move(ours), rule.foreign_shape);
}

std::vector<NoiseMap> NoiseMaps(const ModelConfig& model) {
  std::vector<NoiseMap> maps;
  for (int i = 0; i < model.NumBlocks(); ++i) {
    const int size = static_cast<int>(kFirstSize) << i;
    if (i > 0) maps.push_back({absl::StrCat("synthesis.", Block(size), ".conv0.noise_const"), size});
    maps.push_back({absl::StrCat("synthesis.", Block(size), ".conv1.noise_const"), size});
  }
  return maps;
}

}  // namespace sg::gan
