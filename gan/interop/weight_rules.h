// Which tensor of NVIDIA's naming (foreign_network.h) is which of ours, and how the one becomes the other. Every format
// is read and written through these rules, in both directions.
//
//   for (const WeightRule& rule : GeneratorRules(model)) {
//     ours[rule.ours] = FromForeign(rule, theirs[rule.foreign], /*lr_mul_ratio=*/1);
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
  // Of a mapping network, whose values are stored divided by a learning rate multiplier. Ours is theirs times
  // lr_mul_ratio, which is their multiplier divided by ours.
  kTimesLrMul,
};

struct WeightRule {
  std::string ours, foreign;
  Shape shape, foreign_shape;
  WeightChange change = WeightChange::kReshape;
};

// For a model that CheckOfficial (model_config_of.h) accepts. The maps of constant noise are among the generator's
// tensors if model.noise_const.
std::vector<WeightRule> GeneratorRules(const ModelConfig& model);
std::vector<WeightRule> DiscriminatorRules(const ModelConfig& model);

// The tensor must have the shape of its side of the rule.
HostTensor FromForeign(const WeightRule& rule, HostTensor foreign, double lr_mul_ratio);
// The inverse, apart from rounding in kTimesLrMul with a ratio other than 1.
HostTensor ToForeign(const WeightRule& rule, HostTensor ours, double lr_mul_ratio);

// The constant noise of a generator: the names of its maps in the order of resolution, such as
// "synthesis.b4.conv1.noise_const", each [size,size].
struct NoiseMap {
  std::string foreign;
  int size;
};
std::vector<NoiseMap> NoiseMaps(const ModelConfig& model);

}  // namespace sg::gan

#endif  // GAN_INTEROP_WEIGHT_RULES_H_
