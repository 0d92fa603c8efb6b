#include <cstdint>
#include <vector>

#include "engine/backend/common/sample_axis.h"
#include "engine/backend/ref/loops.h"
#include "engine/backend/ref/ref_kernels.h"

namespace sg::ref {
namespace {

// Calls f(output, input, weight) for every output (n,i,j) of the map and every pixel that it depends on. Both are
// counted in pixels of the whole batch.
template <typename Real, typename F>
void ForEachWeight(const AffineSampleArgs& args, const Shape& image, const Shape& result, const F& f) {
  const SampleAxis h = MakeSampleAxis(args.filter, args.margins.top, args.margins.bottom, image.dim(1));
  const SampleAxis w = MakeSampleAxis(args.filter, args.margins.left, args.margins.right, image.dim(2));
  int64_t output = 0;
  for (int64_t n = 0; n < result.dim(0); ++n) {
    const float* transform = args.transforms.as<float>() + 6 * n;
    for (int64_t i = 0; i < result.dim(1); ++i) {
      for (int64_t j = 0; j < result.dim(2); ++j, ++output) {
        const SamplePair<Real> columns = SamplesAt(w, SamplePosition<Real>(transform, i, j));
        const SamplePair<Real> rows = SamplesAt(h, SamplePosition<Real>(transform + 3, i, j));
        for (int kh = 0, y = FirstPixel(h, rows.first); kh < h.window; ++kh, ++y) {
          for (int kw = 0, x = FirstPixel(w, columns.first); kw < w.window; ++kw, ++x) {
            if (!InMargins(h, y) || !InMargins(w, x)) continue;
            const double weight =
                static_cast<double>(PixelWeight(h, args.filter, rows, y)) * PixelWeight(w, args.filter, columns, x);
            f(output, (n * h.length + Reflected(h, y)) * w.length + Reflected(w, x), weight);
          }
        }
      }
    }
  }
}

}  // namespace

void RefKernels::AffineSample(const AffineSampleArgs& args) {
  const int64_t channels = args.x.shape.dim(3);
  DispatchFloat("AffineSample", args.x.dtype, [&](auto type) {
    using T = decltype(type);
    const T* x = args.x.as<T>();
    std::vector<double> sums(args.y.NumElements());
    const auto add = [&](int64_t to, int64_t from, double weight) {
      for (int64_t c = 0; c < channels; ++c) {
        sums[to * channels + c] += weight * static_cast<Real<T>>(x[from * channels + c]);
      }
    };
    if (args.transposed) {
      ForEachWeight<Real<T>>(args, args.y.shape, args.x.shape,
                             [&](int64_t output, int64_t input, double weight) { add(input, output, weight); });
    } else {
      ForEachWeight<Real<T>>(args, args.x.shape, args.y.shape, add);
    }
    StoreSums(sums, args.y.as<T>());
  });
}

}  // namespace sg::ref
