#include "engine/backend/common/axis_taps.h"
#include "engine/backend/ref/kernels.h"

namespace sg::ref {
namespace {

AxisTaps CheckedTaps(const char* name, const UpFirDn2dArgs& args, const FirAxis& axis, int dim) {
  SG_CHECK(axis.taps >= 1 && axis.taps <= kMaxFirTaps && axis.up >= 1 && axis.down >= 1)
      << "[UpFirDn2d] axis " << name << ": " << axis.taps << " taps, up " << axis.up << ", down " << axis.down;
  const int64_t length = args.transposed ? args.y.shape.dim(dim) : args.x.shape.dim(dim);
  AxisTaps taps = MakeAxisTaps(axis, args.edge, args.transposed, length);
  SG_CHECK(taps.in_length == args.x.shape.dim(dim) && taps.out_length == args.y.shape.dim(dim))
      << "[UpFirDn2d] axis " << name << " maps " << taps.in_length << " to " << taps.out_length << ", the tensors are "
      << args.x.shape << " and " << args.y.shape;
  return taps;
}

}  // namespace

void UpFirDn2d(const UpFirDn2dArgs& args) {
  const Shape &in = args.x.shape, &out = args.y.shape;
  SG_CHECK(in.rank() == 4 && out.rank() == 4 && in.dim(0) == out.dim(0) && in.dim(3) == out.dim(3) &&
           args.x.dtype == args.y.dtype)
      << "[UpFirDn2d] [N,H,W,C] with the same N, C and type expected, got " << args.x.dtype << in << " and "
      << args.y.dtype << out;
  const AxisTaps h = CheckedTaps("H", args, args.h, 1), w = CheckedTaps("W", args, args.w, 2);
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
