// The tensors of rosinality's stylegan2-pytorch: their names, and how their shapes differ from NVIDIA's.
//
//   for (const RosinalityName& name : RosinalityGeneratorNames(/*sizes=*/7, /*mapping_layers=*/8)) {
//     nvidia[name.foreign] = Unwrapped(name.wrap, rosinality[name.theirs]);
//   }
#ifndef GAN_INTEROP_ROSINALITY_NAMES_H_
#define GAN_INTEROP_ROSINALITY_NAMES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/shape.h"

namespace sg::gan {

enum class RosinalityWrap : uint8_t {
  kSame,
  kLeadingOne,  // [...] is [1,...] there
  kOneElement,  // [] is [1]
  kImageBias,   // [C] is [1,C,1,1]
  kNoiseMap,    // [r,r] is [1,1,r,r]
};

struct RosinalityName {
  std::string theirs, foreign;  // `foreign` as in foreign_network.h
  RosinalityWrap wrap = RosinalityWrap::kSame;
  bool optional = false;  // a buffer, which some files lack
};

// `sizes` counts 4x4, 8x8, ... The maps of constant noise are among the names.
std::vector<RosinalityName> RosinalityGeneratorNames(int sizes, int mapping_layers);
std::vector<RosinalityName> RosinalityDiscriminatorNames(int sizes);

// The filters that are saved as buffers, each [1,3,3,1] by itself times `scale`.
struct RosinalityFilter {
  std::string name;
  double scale;
};
std::vector<RosinalityFilter> RosinalityGeneratorFilters(int sizes);
std::vector<RosinalityFilter> RosinalityDiscriminatorFilters(int sizes);

// The shape there of a tensor of this shape here.
Shape WrappedShape(RosinalityWrap wrap, const Shape& shape);
// The inverse. Nullopt for a shape that WrappedShape never returns.
std::optional<Shape> UnwrappedShape(RosinalityWrap wrap, const Shape& shape);

}  // namespace sg::gan

#endif  // GAN_INTEROP_ROSINALITY_NAMES_H_
