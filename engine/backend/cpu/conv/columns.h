// The columns of an image: every receptive field of a convolution laid out as one row, which makes the convolution a
// matrix product, columns [N*Ho*Wo, kH*kW*C] times weights [O, kH*kW*C] transposed.
#ifndef ENGINE_BACKEND_CPU_CONV_COLUMNS_H_
#define ENGINE_BACKEND_CPU_CONV_COLUMNS_H_

#include <cstdint>

#include "engine/backend/tensor_view.h"
#include "engine/base/conv_geometry.h"

namespace sg::cpu {

struct KernelSize {
  int64_t h, w;
};

// columns [N,Ho,Wo,kH*kW*C] = the receptive fields in x [N,H,W,C], zero beyond the edges. f32 or bf16. Groups are
// ignored.
void ImageToColumns(const TensorView& x, KernelSize kernel, const ConvGeometry& geometry, const TensorView& columns);

// The adjoint: x = the sum over the fields that hold each pixel. f32.
void ColumnsToImage(const TensorView& columns, KernelSize kernel, const ConvGeometry& geometry, const TensorView& x);

}  // namespace sg::cpu

#endif  // ENGINE_BACKEND_CPU_CONV_COLUMNS_H_
