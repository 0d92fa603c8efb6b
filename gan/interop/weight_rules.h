// Which tensor of NVIDIA's naming (foreign_network.h) is which of ours, and how the one becomes the other. Every format
// is read and written through these rules, in both directions.
//
//   for (const WeightRule& rule : GeneratorRules(model)) {
//     ours[rule.ours] = FromForeign(rule, theirs[rule.foreign], /*mapping_lr_mul=*/0.01);
//   }
//
// Our names are those of GeneratorNetwork::Visit and DiscriminatorNetwork::Visit, and shapes those of our files.
#ifndef GAN_INTEROP_WEIGHT_RULES_H_
#define GAN_INTEROP_WEIGHT_RULES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/shape.h"
#include "gan/config/config.h"
#include "gan/interop/host_tensor.h"

namespace sg::gan {

enum class WeightChange : uint8_t {
  kReshape,  // the same values; shapes may differ by dimensions of 1
  // A convolution that doubles the size. Theirs is [O,I,k,k]; with the first two dimensions exchanged, it is the weight
  // of a transposed convolution. Ours is stored so.
  kExchange,
  // Of the mapping network. Theirs is stored divided by mapping_lr_mul, ours as it is used.
  kTimesLrMul,
};

struct WeightRule {
  std::string ours, foreign;
  Shape shape, foreign_shape;
  WeightChange change = WeightChange::kReshape;
};

// For a model with the official preset's switches.
std::vector<WeightRule> GeneratorRules(const ModelConfig& model);
std::vector<WeightRule> DiscriminatorRules(const ModelConfig& model);

// The tensor must have the shape of its side of the rule.
HostTensor FromForeign(const WeightRule& rule, HostTensor foreign, double mapping_lr_mul);
// The inverse, apart from rounding in kTimesLrMul.
HostTensor ToForeign(const WeightRule& rule, HostTensor ours, double mapping_lr_mul);

// The constant noise of a generator: the names of its maps in the order of resolution, such as
// "synthesis.b4.conv1.noise_const", each [size,size].
struct NoiseMap {
  std::string foreign;
  int size;
};
std::vector<NoiseMap> NoiseMaps(const ModelConfig& model);

}  // namespace sg::gan

#endif  // GAN_INTEROP_WEIGHT_RULES_H_
