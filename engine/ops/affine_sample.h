// AffineSample: images resampled by affine maps, one per image, with reflection at the edges. Rotation, scaling and
// translation are such maps. The op is linear in the image. Its gradient is its adjoint, and the gradient of the
// adjoint is the op again, so it is differentiable to any order with respect to the image. The transforms get no
// gradient.
//
//   AffineSampleParams params;
//   params.height = x.dim(1), params.width = x.dim(2);
//   // Mirrors: output column j reads input column W - 1 - j.
//   Tensor flip = Tensor::FromHost<float>({1, 6}, {-1, 0, width - 1.0f, 0, 1, 0}, device);
//   Tensor y = AffineSample(x, flip, params);
#ifndef ENGINE_OPS_AFFINE_SAMPLE_H_
#define ENGINE_OPS_AFFINE_SAMPLE_H_

#include <cstdint>

#include "engine/backend/kernel_args.h"
#include "engine/tensor/tensor.h"

namespace sg {

struct AffineSampleParams {
  SampleFilter filter;  // the default is bilinear interpolation
  SampleMargins margins;
  int64_t height = 1, width = 1;  // of the result, in pixels
};

// x [N,H,W,C], transforms [N,6] in f32 -> [N,height,width,C]. With transforms[n] = (a,b,c,d,e,f), the output in row i
// and column j is the image at column a j + b i + c and row d j + e i + f. kernel_args.h defines the values between
// pixels and beyond the edges.
Tensor AffineSample(const Tensor& x, const Tensor& transforms, const AffineSampleParams& params);
// The adjoint of the map for images of shape `x_shape`. dy has the shape of the map's output.
Tensor AffineSampleTransposed(const Tensor& dy, const Tensor& transforms, const AffineSampleParams& params,
                              const Shape& x_shape);

}  // namespace sg

#endif  // ENGINE_OPS_AFFINE_SAMPLE_H_
