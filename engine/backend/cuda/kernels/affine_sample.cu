// AffineSample and its adjoint, one thread for each pixel that it writes. The adjoint gathers, too: atomic sums would
// come in another order each time. A thread visits the outputs whose positions may be near its pixel or one of that
// pixel's reflections. They lie in a parallelogram, whose bounding box it scans.
#include <algorithm>
#include <cmath>

#include "engine/backend/common/sample_axis.h"
#include "engine/backend/cuda/cuda_kernels.h"
#include "engine/backend/cuda/kernels/device_functions.cuh"
#include "engine/backend/cuda/kernels/dispatch.h"
#include "engine/backend/cuda/launch/launch.h"

namespace sg::cuda {
namespace {

constexpr int kThreads = 128;
constexpr int kChannels = 4;  // summed at once

struct Geometry {
  SampleAxis h, w;
  SampleFilter filter;
  int out_height, out_width, channels;
};

__device__ inline int Least(int a, int b) { return a < b ? a : b; }

// The grid covers the outputs of an image along x, its channels in groups along y, and images along z.
template <typename T>
__global__ void AffineSampleKernel(const T* x, const float* transforms, T* y, Geometry g, int images) {
  const int pixel = static_cast<int>(blockIdx.x) * kThreads + static_cast<int>(threadIdx.x);
  if (pixel >= g.out_height * g.out_width) return;
  const int channel0 = static_cast<int>(blockIdx.y) * kChannels, count = Least(kChannels, g.channels - channel0);
  const int i = pixel / g.out_width, j = pixel % g.out_width;
  for (int n = static_cast<int>(blockIdx.z); n < images; n += static_cast<int>(gridDim.z)) {
    const float* transform = transforms + 6 * static_cast<int64_t>(n);
    const SamplePair<float> columns = SamplesAt(g.w, SamplePosition<float>(transform, i, j));
    const SamplePair<float> rows = SamplesAt(g.h, SamplePosition<float>(transform + 3, i, j));
    const int first_row = FirstPixel(g.h, rows.first), first_column = FirstPixel(g.w, columns.first);
    float sums[kChannels] = {};
    for (int kh = 0; kh < g.h.window; ++kh) {
      if (!InMargins(g.h, first_row + kh)) continue;
      const float of_row = PixelWeight(g.h, g.filter, rows, first_row + kh);
      const T* row =
          x + (static_cast<int64_t>(n) * g.h.length + Reflected(g.h, first_row + kh)) * g.w.length * g.channels;
      for (int kw = 0; kw < g.w.window; ++kw) {
        if (!InMargins(g.w, first_column + kw)) continue;
        const float weight = of_row * PixelWeight(g.w, g.filter, columns, first_column + kw);
        const T* from = row + Reflected(g.w, first_column + kw) * g.channels + channel0;
        for (int c = 0; c < count; ++c) sums[c] += weight * ToFloat(from[c]);
      }
    }
    T* to = y + (static_cast<int64_t>(n) * g.out_height * g.out_width + pixel) * g.channels + channel0;
    for (int c = 0; c < count; ++c) to[c] = FromFloat<T>(sums[c]);
  }
}

// Whole numbers from `begin` to `end` - 1.
struct Range {
  int begin, end;
};

__device__ inline Range Within(float center, float reach, int size) {
  // A reach that is no number selects everything.
  const float low = center - reach, high = center + reach + 1;
  Range range = {0, size};
  if (low > 0) range.begin = low < static_cast<float>(size) ? static_cast<int>(low) : size;
  if (high < static_cast<float>(size)) range.end = high > 0 ? static_cast<int>(high) + 1 : 0;
  range.end = Least(range.end, size);
  return range;
}

struct OutputBox {
  Range rows, columns;
};

// The outputs that may depend on pixel (row, column) of the extended image.
__device__ inline OutputBox OutputsNear(const float* m, const Geometry& g, int row, int column) {
  // An output that depends on a pixel is at most this far from it, in pixels of the image; a little more for rounding.
  const float reach = static_cast<float>(g.filter.taps) / static_cast<float>(g.filter.up) + 1.5f;
  const float determinant = m[0] * m[4] - m[1] * m[3], scale = 1 / determinant;
  // Of a map without an inverse, the reach below is infinite or no number, and the box is everything.
  const float x = static_cast<float>(column) - m[2], y = static_cast<float>(row) - m[5];
  const float j = (m[4] * x - m[1] * y) * scale, i = (m[0] * y - m[3] * x) * scale;
  const float reach_j = (fabsf(m[4]) + fabsf(m[1])) * reach * fabsf(scale);
  const float reach_i = (fabsf(m[0]) + fabsf(m[3])) * reach * fabsf(scale);
  return {Within(i, reach_i, g.out_height), Within(j, reach_j, g.out_width)};
}

// The pixels of the extended image that repeat pixel p, itself first. `copies` has room for three.
__device__ inline int Copies(const SampleAxis& axis, int p, int* copies) {
  int count = 0;
  copies[count++] = p;
  const int before = -p, after = 2 * (axis.length - 1) - p;
  if (before != p && InMargins(axis, before)) copies[count++] = before;
  if (after != p && InMargins(axis, after)) copies[count++] = after;
  return count;
}

// The grid covers the pixels of an image along x, its channels in groups along y, and images along z.
template <typename T>
__global__ void AffineSampleTransposedKernel(const T* dy, const float* transforms, T* dx, Geometry g, int images) {
  const int pixel = static_cast<int>(blockIdx.x) * kThreads + static_cast<int>(threadIdx.x);
  if (pixel >= g.h.length * g.w.length) return;
  const int channel0 = static_cast<int>(blockIdx.y) * kChannels, count = Least(kChannels, g.channels - channel0);
  int row_copies[3], column_copies[3];
  const int row_count = Copies(g.h, pixel / g.w.length, row_copies);
  const int column_count = Copies(g.w, pixel % g.w.length, column_copies);
  for (int n = static_cast<int>(blockIdx.z); n < images; n += static_cast<int>(gridDim.z)) {
    const float* transform = transforms + 6 * static_cast<int64_t>(n);
    const T* image = dy + static_cast<int64_t>(n) * g.out_height * g.out_width * g.channels + channel0;
    float sums[kChannels] = {};
    for (int copy = 0; copy < row_count * column_count; ++copy) {
      const int row = row_copies[copy / column_count], column = column_copies[copy % column_count];
      const OutputBox box = OutputsNear(transform, g, row, column);
      for (int i = box.rows.begin; i < box.rows.end; ++i) {
        for (int j = box.columns.begin; j < box.columns.end; ++j) {
          const SamplePair<float> columns = SamplesAt(g.w, SamplePosition<float>(transform, i, j));
          const float of_column = PixelWeight(g.w, g.filter, columns, column);
          if (of_column == 0) continue;
          const SamplePair<float> rows = SamplesAt(g.h, SamplePosition<float>(transform + 3, i, j));
          const float weight = of_column * PixelWeight(g.h, g.filter, rows, row);
          const T* from = image + (static_cast<int64_t>(i) * g.out_width + j) * g.channels;
          for (int c = 0; c < count; ++c) sums[c] += weight * ToFloat(from[c]);
        }
      }
    }
    T* to = dx + (static_cast<int64_t>(n) * g.h.length * g.w.length + pixel) * g.channels + channel0;
    for (int c = 0; c < count; ++c) to[c] = FromFloat<T>(sums[c]);
  }
}

Geometry GeometryOf(const AffineSampleArgs& args) {
  const Shape& image = args.transposed ? args.y.shape : args.x.shape;
  const Shape& result = args.transposed ? args.x.shape : args.y.shape;
  return {MakeSampleAxis(args.filter, args.margins.top, args.margins.bottom, image.dim(1)),
          MakeSampleAxis(args.filter, args.margins.left, args.margins.right, image.dim(2)),
          args.filter,
          static_cast<int>(result.dim(1)),
          static_cast<int>(result.dim(2)),
          static_cast<int>(result.dim(3))};
}

}  // namespace

void CudaKernels::AffineSample(const AffineSampleArgs& args) {
  constexpr int kMostGridZ = 65535;
  if (args.x.NumElements() == 0 || args.y.NumElements() == 0) return;
  context_.queue().Before({args.x, args.transforms}, {args.y});
  const Geometry g = GeometryOf(args);
  const int images = static_cast<int>(args.y.shape.dim(0));
  const int pixels = static_cast<int>(args.y.shape.dim(1) * args.y.shape.dim(2));
  const dim3 grid(static_cast<unsigned>((pixels + kThreads - 1) / kThreads),
                  static_cast<unsigned>((g.channels + kChannels - 1) / kChannels),
                  static_cast<unsigned>(std::min(images, kMostGridZ)));
  DispatchFloat("AffineSample", args.x.dtype, [&](auto type) {
    using T = decltype(type);
    const char* name = args.transposed ? "AffineSampleTransposedKernel" : "AffineSampleKernel";
    Launch(name, args.transposed ? AffineSampleTransposedKernel<T> : AffineSampleKernel<T>, grid, kThreads, 0,
           context_.stream(), args.x.as<T>(), args.transforms.as<float>(), args.y.as<T>(), g, images);
  });
}

}  // namespace sg::cuda
