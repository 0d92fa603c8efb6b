// A convolution or one of its gradients, as cuDNN is asked to compute it.
#ifndef ENGINE_BACKEND_CUDA_CONV_CONV_PROBLEM_H_
#define ENGINE_BACKEND_CUDA_CONV_CONV_PROBLEM_H_

#include <cstdint>
#include <ostream>

#include "engine/base/conv_geometry.h"
#include "engine/base/dtype.h"
#include "engine/base/shape.h"

namespace sg::cuda {

enum class ConvKind : uint8_t { kForward, kInputGrad, kWeightGrad };

// "Conv2d", "Conv2dInputGrad" or "Conv2dWeightGrad".
const char* Name(ConvKind kind);

// What follows a convolution in the same kernel: Conv2dEpilogue (engine/backend/kernel_args.h) without its addresses.
struct ConvEpilogue {
  bool scale = false, bias = false, noise = false;
  float in_gain = 1, slope = 1, gain = 1, clamp = 0;

  bool ChangesNothing() const {
    return !scale && !bias && !noise && in_gain == 1 && slope == 1 && gain == 1 && !(clamp > 0);
  }
};

struct ConvProblem {
  ConvKind kind;
  DType type;     // of the two operands: kF32 or kBF16; the result and its sums are f32
  Shape x, w, y;  // [N,H,W,C], [O,kH,kW,C/groups], [N,Ho,Wo,O]; the kind says which of them is the result
  ConvGeometry geometry;
  bool tf32;                   // f32 operands may be rounded to TF32
  bool deterministic;          // equal operands must give equal bits
  ConvEpilogue epilogue = {};  // of kForward
};

// "Conv2dInputGrad of f32 x [8,64,64,32] w [64,3,3,32] y [8,64,64,64] with stride 1x1 ..."
std::ostream& operator<<(std::ostream& os, const ConvProblem& problem);

}  // namespace sg::cuda

#endif  // ENGINE_BACKEND_CUDA_CONV_CONV_PROBLEM_H_
