// Chooses the method by which the CPU computes a convolution or one of its gradients. The rule is fixed rather than
// timed at first use: the methods round differently, and a resumed or repeated run must use the same ones. README.md
// has the measurements behind the rule; //tools:bench times all methods.
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
  // Our own F(4x4,3x3): 3x3 kernels of stride 1, if there are enough tiles to amortize the transforms of the weights.
  // In bf16 it is less accurate than the other methods; see README.md.
  kWinograd,
  // oneDNN's convolutions. The default for nearly all other geometries.
  kDirect,
  // A matrix product over receptive fields. Used for outputs of a few pixels, where the direct kernels have nothing to
  // vectorize over (513>513@4 without padding: 1.5x to 3x faster), and for weight gradients of 1x1 convolutions to
  // fewer than 8 channels (2x to 3x faster, without a copy since the columns are the input).
  kColumns,
  // 1x1 with a stride or padding: gather the pixels that are used, then run a dense 1x1 convolution. Required for
  // correctness; see direct_conv2d.h.
  kSampled,
};
constexpr std::array<ConvMethod, 4> kConvMethods = {ConvMethod::kWinograd, ConvMethod::kDirect, ConvMethod::kColumns,
                                                    ConvMethod::kSampled};

const char* Name(ConvMethod method);  // "winograd", "direct", "columns", "sampled"

// Which tensor is computed: y, dx or dw.
enum class ConvDirection { kForward, kInputGrad, kWeightGrad };

// Whether this is a 1x1 convolution with stride 1 and no padding, which is a matrix product without any rearrangement.
bool IsDensePointwise(const Shape& w, const ConvGeometry& geometry);

// The method for this geometry. x [N,H,W,C], w [O,kH,kW,C/groups] and y [N,Ho,Wo,O] must fit together.
ConvMethod MethodFor(ConvDirection direction, const Shape& x, const Shape& w, const Shape& y,
                     const ConvGeometry& geometry);

// Whether `method` supports this geometry. True for every method that MethodFor returns.
bool CanCompute(ConvMethod method, ConvDirection direction, const Shape& w, const ConvGeometry& geometry);

}  // namespace sg::cpu

#endif  // ENGINE_BACKEND_CPU_CONV_CONV_METHOD_H_
