// The convolution and its two adjoints share one loop over all products x * w * y. Each accumulates into a different
// one of the three.
#include "engine/backend/common/conv_epilogue.h"
#include "engine/backend/ref/loops.h"
#include "engine/backend/ref/ref_kernels.h"

namespace sg::ref {
namespace {

// Calls f(xi, wi, yi) for every pair of a weight position and an output that reads inside the input at that position.
// y[yi] depends on x[xi + c] * w[wi + c] for every input channel c < w.dim(3) of the output's group.
template <typename F>
void ForEachTap(const Shape& x, const Shape& w, const Shape& y, const ConvGeometry& g, F&& f) {
  const int64_t batch = x.dim(0), height = x.dim(1), width = x.dim(2), channels = x.dim(3);
  const int64_t kernel_h = w.dim(1), kernel_w = w.dim(2), group_in = w.dim(3);
  const int64_t out_h = y.dim(1), out_w = y.dim(2), outputs = y.dim(3), group_out = outputs / g.groups;
  for (int64_t n = 0; n < batch; ++n) {
    for (int64_t oh = 0; oh < out_h; ++oh) {
      for (int64_t ow = 0; ow < out_w; ++ow) {
        for (int64_t kh = 0; kh < kernel_h; ++kh) {
          const int64_t ih = oh * g.stride_h + kh - g.pad_h;
          if (ih < 0 || ih >= height) continue;
          for (int64_t kw = 0; kw < kernel_w; ++kw) {
            const int64_t iw = ow * g.stride_w + kw - g.pad_w;
            if (iw < 0 || iw >= width) continue;
            const int64_t xi = ((n * height + ih) * width + iw) * channels;
            const int64_t yi = ((n * out_h + oh) * out_w + ow) * outputs;
            for (int64_t o = 0; o < outputs; ++o) {
              const int64_t wi = ((o * kernel_h + kh) * kernel_w + kw) * group_in;
              f(xi + o / group_out * group_in, wi, yi + o);
            }
          }
        }
      }
    }
  }
}

}  // namespace

void RefKernels::Conv2d(const Conv2dArgs& args) {
  DispatchContraction("Conv2d", args.x.dtype, [&](auto in, auto out) {
    using In = decltype(in);
    using Out = decltype(out);
    const In *x = args.x.as<In>(), *w = args.w.as<In>();
    const int64_t channels = args.w.shape.dim(3);
    std::vector<double> sums(args.y.NumElements(), 0.0);
    ForEachTap(args.x.shape, args.w.shape, args.y.shape, args.geometry, [&](int64_t xi, int64_t wi, int64_t yi) {
      double sum = 0;
      for (int64_t c = 0; c < channels; ++c) {
        sum += static_cast<double>(static_cast<Out>(x[xi + c])) * static_cast<Out>(w[wi + c]);
      }
      sums[yi] += sum;
    });
    StoreSums(sums, args.y.as<Out>());
  });
  if (!ChangesNothing(args.epilogue)) BiasAct(EpilogueInPlace(args));
}

void RefKernels::Conv2dInputGrad(const Conv2dInputGradArgs& args) {
  DispatchContraction("Conv2dInputGrad", args.dy.dtype, [&](auto in, auto out) {
    using In = decltype(in);
    using Out = decltype(out);
    const In *dy = args.dy.as<In>(), *w = args.w.as<In>();
    const int64_t channels = args.w.shape.dim(3);
    std::vector<double> sums(args.dx.NumElements(), 0.0);
    ForEachTap(args.dx.shape, args.w.shape, args.dy.shape, args.geometry, [&](int64_t xi, int64_t wi, int64_t yi) {
      const double factor = static_cast<Out>(dy[yi]);
      for (int64_t c = 0; c < channels; ++c) sums[xi + c] += factor * static_cast<Out>(w[wi + c]);
    });
    StoreSums(sums, args.dx.as<Out>());
  });
}

void RefKernels::Conv2dWeightGrad(const Conv2dWeightGradArgs& args) {
  DispatchContraction("Conv2dWeightGrad", args.dy.dtype, [&](auto in, auto out) {
    using In = decltype(in);
    using Out = decltype(out);
    const In *dy = args.dy.as<In>(), *x = args.x.as<In>();
    const int64_t channels = args.dw.shape.dim(3);
    std::vector<double> sums(args.dw.NumElements(), 0.0);
    ForEachTap(args.x.shape, args.dw.shape, args.dy.shape, args.geometry, [&](int64_t xi, int64_t wi, int64_t yi) {
      const double factor = static_cast<Out>(dy[yi]);
      for (int64_t c = 0; c < channels; ++c) sums[wi + c] += factor * static_cast<Out>(x[xi + c]);
    });
    StoreSums(sums, args.dw.as<Out>());
  });
}

}  // namespace sg::ref
