// By which method the CPU computes a convolution or one of its gradients. A fixed rule, not a race at the first use:
// the methods round differently, and a run that is resumed or repeated must take the same ones. README.md has the
// measurements behind it; //tools:bench shows every method beside the others.
//
//   const ConvMethod method = MethodFor(ConvDirection::kForward, x, w, y, ConvGeometry::Padded(1));
//   std::cout << Name(method);  // "winograd"
#ifndef ENGINE_BACKEND_CPU_CONV_CONV_METHOD_H_
#define ENGINE_BACKEND_CPU_CONV_CONV_METHOD_H_

#include <array>

#include "engine/base/conv_geometry.h"
#include "engine/base/shape.h"

namespace sg::cpu {

enum class ConvMethod {
  // Our own F(4x4,3x3): 3x3 of stride 1, where there are enough tiles to pay for the transforms of the weights. In bf16
  // it is less accurate than the others: README.md.
  kWinograd,
  // oneDNN's own convolutions: nearly everything else.
  kDirect,
  // A matrix product over receptive fields: outputs of a few pixels, where the direct kernels have nothing to vectorize
  // over (513>513@4 without padding: 1.5x to 3x faster), and weight gradients of 1x1 convolutions to fewer than 8
  // channels (2x to 3x faster, without a copy: their columns are the input).
  kColumns,
  // 1x1 with a stride or padding: gather the pixels that are used, then a dense 1x1 convolution. Mandatory: see
  // direct_conv2d.h.
  kSampled,
};
constexpr std::array<ConvMethod, 4> kConvMethods = {ConvMethod::kWinograd, ConvMethod::kDirect, ConvMethod::kColumns,
                                                    ConvMethod::kSampled};

const char* Name(ConvMethod method);  // "winograd", "direct", "columns", "sampled"

// What is computed: y, dx or dw.
enum class ConvDirection { kForward, kInputGrad, kWeightGrad };

// No padding, stride 1, 1x1: a matrix product as it stands.
bool IsDensePointwise(const Shape& w, const ConvGeometry& geometry);

// The rule. x [N,H,W,C], w [O,kH,kW,C/groups] and y [N,Ho,Wo,O] fit together.
ConvMethod MethodFor(ConvDirection direction, const Shape& x, const Shape& w, const Shape& y,
                     const ConvGeometry& geometry);

// Whether a method computes this at all. What the rule takes, it does.
bool CanCompute(ConvMethod method, ConvDirection direction, const Shape& w, const ConvGeometry& geometry);

}  // namespace sg::cpu

#endif  // ENGINE_BACKEND_CPU_CONV_CONV_METHOD_H_
