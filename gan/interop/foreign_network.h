// A network of another program, in common terms: what it is, and its tensors by the names of NVIDIA's PyTorch code.
// Each reader (nvidia.h, tensorflow.h, rosinality.h) makes one; import.h makes our configuration and tensors of it.
//
// Tensors of a generator are named "mapping.fc0.weight", "mapping.w_avg", "synthesis.b4.const",
// "synthesis.b8.conv0.affine.bias", "synthesis.b8.torgb.weight" ...; those of a discriminator "b32.fromrgb.weight",
// "b8.conv1.bias", "b4.out.weight" ... With labels, both have "mapping.embed.weight" too, and a discriminator has
// "mapping.fc0.weight" ... Convolutions are [O,I,kH,kW], dense weights [O,I]. Layers "mapping.fc" are as stored, which
// is the effective value divided by mapping_lr_mul.
#ifndef GAN_INTEROP_FOREIGN_NETWORK_H_
#define GAN_INTEROP_FOREIGN_NETWORK_H_

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/shape.h"
#include "gan/interop/host_tensor.h"

namespace sg::gan {

struct ForeignTensor {
  Shape shape;
  // Reads the elements. The file that they are in must still be there.
  std::function<absl::StatusOr<HostTensor>()> read;
};
using ForeignTensors = std::map<std::string, ForeignTensor>;

// What the layers of a generator or a discriminator have in common.
struct ForeignLayers {
  std::vector<int64_t> channels;  // of each size, from 4x4 up
  std::string architecture;       // "skip", "resnet" or "orig"
  double conv_clamp = 0;          // 0: not clamped
  int label_dim = 0;
  int image_channels = 3;
};

struct ForeignGenerator {
  ForeignLayers layers;
  int z_dim = 0, w_dim = 0;
  int mapping_layers = 0;
  double mapping_lr_mul = 0.01;
  double w_avg_beta = 0.995;  // decay of the running mean of w in a step of training
  bool noise = true;
  ForeignTensors tensors;
};

struct ForeignDiscriminator {
  ForeignLayers layers;
  int mbstd_group = 4;     // 0: the whole batch
  int mbstd_channels = 1;  // 0: none
  // Of the network that maps labels, "mapping.fc0.weight" ...; it is there if there are labels.
  int mapping_layers = 0;
  double mapping_lr_mul = 0.01;
  ForeignTensors tensors;
};

struct ForeignNetwork {
  std::string origin;  // "NVIDIA's PyTorch code": completes "a network of ..."
  std::optional<ForeignGenerator> average, generator;
  std::optional<ForeignDiscriminator> discriminator;
  std::optional<double> augment_p;  // the probability of augmentation that its training had reached, from 0 on
  std::vector<std::string> notes;   // sentences for the user, about what was assumed or left out
  // Of a file that this program wrote for another one (rosinality.h): the configuration, and tensors by our names which
  // the other program's form rounds.
  std::string config_json;
  ForeignTensors exact;
};

// 4, 8, ... for the index of a list from 4x4 up.
inline int SizeAt(size_t index) { return 4 << index; }

}  // namespace sg::gan

#endif  // GAN_INTEROP_FOREIGN_NETWORK_H_
