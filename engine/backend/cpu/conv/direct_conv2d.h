// The convolution and its two gradients by oneDNN's direct primitives in NHWC. Primitives are compiled once per
// geometry, and weights are packed into the layout that the primitive prefers. Supports groups. Every operand must have
// at least one element, and shapes must fit together.
//
// Never call these with a 1x1 kernel and a stride or padding: in oneDNN 2.6.3 on AVX2, the weight gradient of a 1x1
// convolution with stride 2 and fewer than 8 input channels crashes or hangs.
#ifndef ENGINE_BACKEND_CPU_CONV_DIRECT_CONV2D_H_
#define ENGINE_BACKEND_CPU_CONV_DIRECT_CONV2D_H_

#include "engine/backend/kernel_args.h"

namespace sg::cpu {

void DirectConv2d(const Conv2dArgs& args);
void DirectConv2dInputGrad(const Conv2dInputGradArgs& args);
void DirectConv2dWeightGrad(const Conv2dWeightGradArgs& args);

}  // namespace sg::cpu

#endif  // ENGINE_BACKEND_CPU_CONV_DIRECT_CONV2D_H_
