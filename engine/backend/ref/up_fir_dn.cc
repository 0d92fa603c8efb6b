#include "engine/backend/common/axis_taps.h"
#include "engine/backend/ref/loops.h"
#include "engine/backend/ref/ref_kernels.h"

namespace sg::ref {
namespace {

AxisTaps TapsOf(const UpFirDn2dArgs& args, const FirAxis& axis, int dim) {
  const int64_t length = args.transposed ? args.y.shape.dim(dim) : args.x.shape.dim(dim);
  return MakeAxisTaps(axis, args.edge, args.transposed, length);
}

}  // namespace

void RefKernels::UpFirDn2d(const UpFirDn2dArgs& args) {
  const Shape& in = args.x.shape;
  const AxisTaps h = TapsOf(args, args.h, 1), w = TapsOf(args, args.w, 2);
  const int64_t channels = in.dim(3);
  DispatchFloat("UpFirDn2d", args.x.dtype, [&](auto type) {
    using T = decltype(type);
    const T* x = args.x.as<T>();
    T* y = args.y.as<T>();
    std::vector<double> sums(channels);
    for (int64_t n = 0; n < in.dim(0); ++n) {
      for (int64_t oh = 0; oh < h.out_length; ++oh) {
        for (int64_t ow = 0; ow < w.out_length; ++ow) {
          sums.assign(channels, 0.0);
          for (int kh = 0; kh < h.width; ++kh) {
            for (int kw = 0; kw < w.width; ++kw) {
              const double weight = static_cast<double>(h.weight[oh * h.width + kh]) * w.weight[ow * w.width + kw];
              const int64_t row = n * h.in_length + h.begin[oh] + kh;
              const T* pixel = x + (row * w.in_length + w.begin[ow] + kw) * channels;
              for (int64_t c = 0; c < channels; ++c) sums[c] += weight * static_cast<Real<T>>(pixel[c]);
            }
          }
          StoreSums(sums, y + ((n * h.out_length + oh) * w.out_length + ow) * channels);
        }
      }
    }
  });
}

}  // namespace sg::ref
