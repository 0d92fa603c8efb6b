// Receptive fields as matrix rows (im2col). With one row per output position, a convolution is a matrix product:
// columns [N*Ho*Wo, kH*kW*C] times the transpose of the weights [O, kH*kW*C].
#ifndef ENGINE_BACKEND_CPU_CONV_COLUMNS_H_
#define ENGINE_BACKEND_CPU_CONV_COLUMNS_H_

#include <cstdint>

#include "engine/backend/tensor_view.h"
#include "engine/base/conv_geometry.h"

namespace sg::cpu {

struct KernelSize {
  int64_t h, w;
};

// columns [N,Ho,Wo,kH*kW*C] = the receptive fields in x [N,H,W,C], zero outside the image. f32 or bf16. Ignores groups.
void ImageToColumns(const TensorView& x, KernelSize kernel, const ConvGeometry& geometry, const TensorView& columns);

// The adjoint: each pixel of x is the sum of its copies in all receptive fields. f32.
void ColumnsToImage(const TensorView& columns, KernelSize kernel, const ConvGeometry& geometry, const TensorView& x);

}  // namespace sg::cpu

#endif  // ENGINE_BACKEND_CPU_CONV_COLUMNS_H_
