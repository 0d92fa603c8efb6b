// 3x3 convolutions of stride 1 by Winograd's F(4x4,3x3) (Lavin and Gray 2015, arXiv:1509.09308): 36 multiplications
// where the direct method has 144, for a relative rms error of about 1e-6 instead of 3e-7. README.md has the formulas
// and figures.
//
// Operands as in kernel_args.h. Of bf16 operands the transforms are rounded to bf16 as well, where the processor
// multiplies it: a relative rms error of 1.1e-2. Elsewhere they are widened, and the products are f32's.
#ifndef ENGINE_BACKEND_CPU_CONV_WINOGRAD_CONV2D_H_
#define ENGINE_BACKEND_CPU_CONV_WINOGRAD_CONV2D_H_

#include "engine/backend/kernel_args.h"

namespace sg::cpu {

// Whether the functions below compute this geometry: numbers of channels must be whole vectors.
bool WinogradFits(const Shape& w, const ConvGeometry& geometry);
// The tiles of a batch of results [N,H,W,...]. The more there are, the less the transforms of the weights cost.
int64_t WinogradTiles(const Shape& result);

void WinogradConv2d(const Conv2dArgs& args);
void WinogradConv2dInputGrad(const Conv2dInputGradArgs& args);
void WinogradConv2dWeightGrad(const Conv2dWeightGradArgs& args);

}  // namespace sg::cpu

#endif  // ENGINE_BACKEND_CPU_CONV_WINOGRAD_CONV2D_H_
