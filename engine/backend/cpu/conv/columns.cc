#include "engine/backend/cpu/conv/columns.h"

#include <cstring>

#include "engine/backend/cpu/loops/parallel.h"

namespace sg::cpu {

void ImageToColumns(const TensorView& x, KernelSize kernel, const ConvGeometry& geometry, const TensorView& columns) {
  const int64_t height = x.shape[1], width = x.shape[2];
  const int64_t out_h = columns.shape[1], out_w = columns.shape[2];
  const int64_t pixel = x.shape[3] * SizeOf(x.dtype), field = kernel.h * kernel.w * pixel;
  const auto fill_row = [&](int64_t row) {  // one (n, ho)
    const char* image = x.as<char>() + row / out_h * height * width * pixel;
    char* to = columns.as<char>() + row * out_w * field;
    for (int64_t wo = 0; wo < out_w; ++wo) {
      for (int64_t kh = 0; kh < kernel.h; ++kh) {
        const int64_t h = row % out_h * geometry.stride_h + kh - geometry.pad_h;
        for (int64_t kw = 0; kw < kernel.w; ++kw, to += pixel) {
          const int64_t w = wo * geometry.stride_w + kw - geometry.pad_w;
          if (h >= 0 && h < height && w >= 0 && w < width) {
            std::memcpy(to, image + (h * width + w) * pixel, static_cast<size_t>(pixel));
          } else {
            std::memset(to, 0, static_cast<size_t>(pixel));
          }
        }
      }
    }
  };
  ParallelFor(x.shape[0] * out_h, GrainOf(out_w * field / SizeOf(x.dtype)), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) fill_row(row);
  });
}

void ColumnsToImage(const TensorView& columns, KernelSize kernel, const ConvGeometry& geometry, const TensorView& x) {
  const int64_t height = x.shape[1], width = x.shape[2], channels = x.shape[3];
  const int64_t out_h = columns.shape[1], out_w = columns.shape[2];
  // The output position that reads input position i at kernel position k, or -1.
  const auto seen_from = [](int64_t i, int64_t k, int64_t pad, int64_t stride, int64_t extent) {
    const int64_t shifted = i + pad - k;
    return shifted >= 0 && shifted % stride == 0 && shifted / stride < extent ? shifted / stride : int64_t{-1};
  };
  const auto sum_row =
      [&](int64_t row) {  // one (n, h); gathers, so the order of each sum does not depend on the thread count
        float* to = x.as<float>() + row * width * channels;
        std::memset(to, 0, static_cast<size_t>(width * channels) * sizeof(float));
        for (int64_t kh = 0; kh < kernel.h; ++kh) {
          const int64_t ho = seen_from(row % height, kh, geometry.pad_h, geometry.stride_h, out_h);
          if (ho < 0) continue;
          const float* from_row =
              columns.as<float>() + (row / height * out_h + ho) * out_w * kernel.h * kernel.w * channels;
          for (int64_t kw = 0; kw < kernel.w; ++kw) {
            for (int64_t w = 0; w < width; ++w) {
              const int64_t wo = seen_from(w, kw, geometry.pad_w, geometry.stride_w, out_w);
              if (wo < 0) continue;
              const float* from = from_row + ((wo * kernel.h + kh) * kernel.w + kw) * channels;
              float* pixel = to + w * channels;
#pragma omp simd
              for (int64_t c = 0; c < channels; ++c) pixel[c] += from[c];
            }
          }
        }
      };
  ParallelFor(x.shape[0] * height, GrainOf(width * channels * kernel.h * kernel.w), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) sum_row(row);
  });
}

}  // namespace sg::cpu
