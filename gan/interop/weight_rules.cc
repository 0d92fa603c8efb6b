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

  // A mapping network of latents of `in` elements, 0 if it maps labels alone.
  void Mapping(const ModelConfig& model, int64_t in, int64_t w_dim, int layers) {
    if (model.label_dim > 0) {
      Layer("mapping_network.embed", "mapping.embed", model.label_dim, w_dim, /*kernel=*/0);
      in += w_dim;
    }
    for (int i = 0; i < layers; ++i) {
      Layer(absl::StrCat("mapping_network.net.", 2 * i), absl::StrCat("mapping.fc", i), i == 0 ? in : w_dim, w_dim,
            /*kernel=*/0);
      rules[rules.size() - 2].change = WeightChange::kTimesLrMul;
      rules.back().change = WeightChange::kTimesLrMul;
    }
  }

  std::vector<WeightRule> rules;
};

std::string Block(int64_t size) { return absl::StrCat("b", size); }

float Divided(float product, float factor) {
  // Of the floats around the quotient, one that the multiplication takes back to `product`, if there is any.
  const float quotient = product / factor;
  constexpr float kUp = std::numeric_limits<float>::infinity();
  for (const float candidate : {quotient, std::nextafter(quotient, kUp), std::nextafter(quotient, -kUp)}) {
    if (candidate * factor == product) return candidate;
  }
  return quotient;
}

}  // namespace

std::vector<WeightRule> GeneratorRules(const ModelConfig& model) {
  RuleList list;
  const int64_t d = model.WDim(), colors = model.image_channels;
  list.Mapping(model, model.latent_dim, d, model.mapping_layers);
  const bool is_skip = model.g_architecture == Architecture::kSkip;
  const std::vector<int64_t> features = GeneratorFeatures(model);
  const int64_t first = features[0];
  list.Same("generator.initial_constant", "synthesis.b4.const", {1, first, kFirstSize, kFirstSize},
            {first, kFirstSize, kFirstSize});
  list.StyleBlock("generator.style_block", "synthesis.b4.conv1", first, first, d, /*doubles_size=*/false);
  if (is_skip) list.ToRgb("generator.to_rgb", "synthesis.b4.torgb", first, colors, d);
  for (size_t i = 1; i < features.size(); ++i) {
    const std::string ours = absl::StrCat("generator.blocks.", i - 1);
    const std::string foreign = absl::StrCat("synthesis.", Block(kFirstSize << i));
    list.StyleBlock(ours + ".style_block1", foreign + ".conv0", features[i - 1], features[i], d, model.strided_conv);
    list.StyleBlock(ours + ".style_block2", foreign + ".conv1", features[i], features[i], d, /*doubles_size=*/false);
    if (is_skip || i + 1 == features.size()) list.ToRgb(ours + ".to_rgb", foreign + ".torgb", features[i], colors, d);
    if (model.g_architecture != Architecture::kResnet) continue;
    list.Layer(ours + ".skip", foreign + ".skip", features[i - 1], features[i], /*kernel=*/1, /*bias=*/false);
  }
  if (!model.noise || !model.noise_const) return std::move(list.rules);
  const std::vector<NoiseMap> maps = NoiseMaps(model);
  for (size_t i = 0; i < maps.size(); ++i) {
    const std::string ours = absl::StrCat("generator.noise_const.", (i + 1) / 2, i % 2 == 1 ? ".first" : ".second");
    list.Same(ours, maps[i].foreign, {1, 1, maps[i].size, maps[i].size}, {maps[i].size, maps[i].size});
  }
  return std::move(list.rules);
}

std::vector<WeightRule> DiscriminatorRules(const ModelConfig& model) {
  RuleList list;
  const std::vector<int64_t> features = DiscriminatorFeatures(model);  // from full resolution down
  const int64_t last = features.back();
  const int64_t colors = model.image_channels;
  list.Layer("from_rgb.0", absl::StrCat(Block(model.resolution), ".fromrgb"), colors, features[0], /*kernel=*/1);
  for (size_t i = 1; i < features.size(); ++i) {
    const std::string ours = absl::StrCat("blocks.", i - 1), foreign = Block(model.resolution >> (i - 1));
    if (model.d_architecture == Architecture::kResnet) {
      list.Layer(ours + ".residual.1", foreign + ".skip", features[i - 1], features[i], /*kernel=*/1, /*bias=*/false);
    } else if (model.d_architecture == Architecture::kSkip) {
      list.Layer(absl::StrCat("smaller_from_rgb.", i - 1), absl::StrCat(Block(model.resolution >> i), ".fromrgb"),
                 colors, features[i], /*kernel=*/1);
    }
    list.Layer(ours + ".block.0", foreign + ".conv0", features[i - 1], features[i - 1], kKernel);
    list.Layer(ours + ".block.2", foreign + ".conv1", features[i - 1], features[i], kKernel);
  }
  list.Layer("conv", "b4.conv", last + model.mbstd_channels, last, kKernel);
  list.Layer("fc", "b4.fc", kFirstSize * kFirstSize * last, last, /*kernel=*/0);
  list.Layer("final", "b4.out", last, model.label_dim > 0 ? last : 1, /*kernel=*/0);
  if (model.label_dim > 0) list.Mapping(model, /*in=*/0, last, kLabelLayers);
  return std::move(list.rules);
}

HostTensor FromForeign(const WeightRule& rule, HostTensor foreign, double lr_mul_ratio) {
  SG_CHECK(foreign.shape == rule.foreign_shape) << "[FromForeign] " << rule.foreign << " " << foreign.shape;
  switch (rule.change) {
    case WeightChange::kReshape: break;
    case WeightChange::kExchange: return Transposed(foreign, {1, 0, 2, 3});
    case WeightChange::kTimesLrMul:
      if (lr_mul_ratio == 1) break;
      for (float& value : foreign.values) value *= static_cast<float>(lr_mul_ratio);
      break;
  }
  return Reshaped(std::move(foreign), rule.shape);
}

HostTensor ToForeign(const WeightRule& rule, HostTensor ours, double lr_mul_ratio) {
  SG_CHECK(ours.shape == rule.shape) << "[ToForeign] " << rule.ours << " " << ours.shape;
  switch (rule.change) {
    case WeightChange::kReshape: break;
    case WeightChange::kExchange: return Transposed(ours, {1, 0, 2, 3});
    case WeightChange::kTimesLrMul:
      if (lr_mul_ratio == 1) break;
      for (float& value : ours.values) value = Divided(value, static_cast<float>(lr_mul_ratio));
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
