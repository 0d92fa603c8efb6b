// 3x3 convolutions of stride 1 by Winograd's F(4x4,3x3) (Lavin and Gray 2015, arXiv:1509.09308). Needs 36
// multiplications where the direct method needs 144, at a relative rms error of about 1e-6 instead of 3e-7. README.md
// has the formulas and measurements.
//
// Operands are as in kernel_args.h. If the processor multiplies bf16, the transforms of bf16 operands are rounded to
// bf16 too, at a relative rms error of 1.1e-2. Otherwise the operands are widened and multiplied in f32.
#ifndef ENGINE_BACKEND_CPU_CONV_WINOGRAD_CONV2D_H_
#define ENGINE_BACKEND_CPU_CONV_WINOGRAD_CONV2D_H_

#include "engine/backend/kernel_args.h"

namespace sg::cpu {

// Whether the functions below support this geometry. Channel counts must be multiples of the vector length.
bool WinogradFits(const Shape& w, const ConvGeometry& geometry);
// The number of tiles in a batch of results [N,H,W,...]. The cost of transforming the weights is shared by all tiles.
int64_t WinogradTiles(const Shape& result);

// Applies the epilogue to each tile as soon as it is computed.
void WinogradConv2d(const Conv2dArgs& args);
void WinogradConv2dInputGrad(const Conv2dInputGradArgs& args);
void WinogradConv2dWeightGrad(const Conv2dWeightGradArgs& args);

}  // namespace sg::cpu

#endif  // ENGINE_BACKEND_CPU_CONV_WINOGRAD_CONV2D_H_
