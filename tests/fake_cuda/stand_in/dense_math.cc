#include "tests/fake_cuda/stand_in/dense_math.h"

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <string>

namespace fake_cuda {
namespace {

uint32_t Bits(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  return bits;
}

float FromBits(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

// To nearest, ties to even, without the lowest `dropped` bits.
float Rounded(float value, int dropped) {
  if (!std::isfinite(value)) return value;
  const uint32_t bits = Bits(value);
  const uint32_t half = (uint32_t{1} << (dropped - 1)) - 1, odd = (bits >> dropped) & 1;
  return FromBits((bits + half + odd) >> dropped << dropped);
}

float Truncated(float value, int dropped) {
  return std::isfinite(value) ? FromBits(Bits(value) >> dropped << dropped) : value;
}

constexpr int kTf32DroppedBits = 13, kBFloat16DroppedBits = 16;

float TowardZero(double value) {
  const auto rounded = static_cast<float>(value);
  return std::fabs(rounded) > std::fabs(value) ? FromBits(Bits(rounded) - 1) : rounded;
}

// Products of two floats are exact in double.
void AddScaled(Sums sums, int64_t count, double scale, const double* from, double* to) {
  switch (sums) {
    case Sums::kExact:
      for (int64_t i = 0; i < count; ++i) to[i] += scale * from[i];
      break;
    case Sums::kRounded:
      for (int64_t i = 0; i < count; ++i) to[i] = static_cast<float>(to[i] + scale * from[i]);
      break;
    case Sums::kTruncated:
      for (int64_t i = 0; i < count; ++i) to[i] = TowardZero(to[i] + scale * from[i]);
      break;
  }
}

// Calls visit(kernel_y, kernel_x, y, x) for the taps of output (out_y, out_x) that lie inside the input.
template <typename Visit>
void ForEachTap(const ConvolutionShape& s, int64_t out_y, int64_t out_x, const Visit& visit) {
  for (int64_t ky = 0; ky < s.kernel_h; ++ky) {
    const int64_t y = out_y * s.stride_h + ky - s.pad_h;
    if (y < 0 || y >= s.h) continue;
    for (int64_t kx = 0; kx < s.kernel_w; ++kx) {
      const int64_t x = out_x * s.stride_w + kx - s.pad_w;
      if (x >= 0 && x < s.w) visit(ky, kx, y, x);
    }
  }
}

}  // namespace

Sums SumsOf(Number operands, Precision precision) {
  static const bool f32 = [] {
    const char* wanted = std::getenv("FAKE_CUDA_SUMS");
    return wanted != nullptr && std::string(wanted) == "f32";
  }();
  if (!f32) return Sums::kExact;
  return operands == Number::kFloat && precision == Precision::kFull ? Sums::kRounded : Sums::kTruncated;
}

std::vector<double> Load(const void* data, Number number, int64_t count, Precision precision) {
  std::vector<double> values(count);
  if (number == Number::kBFloat16) {
    const auto* from = static_cast<const uint16_t*>(data);
    for (int64_t i = 0; i < count; ++i) values[i] = FromBits(uint32_t{from[i]} << 16);
  } else {
    const auto* from = static_cast<const float*>(data);
    for (int64_t i = 0; i < count; ++i) {
      switch (precision) {
        case Precision::kFull: values[i] = from[i]; break;
        case Precision::kTf32: values[i] = Rounded(from[i], kTf32DroppedBits); break;
        case Precision::kTruncatedTf32: values[i] = Truncated(from[i], kTf32DroppedBits); break;
      }
    }
  }
  return values;
}

void Store(const double* values, int64_t count, double scale, Number number, void* data) {
  for (int64_t i = 0; i < count; ++i) {
    const float value = static_cast<float>(scale * values[i]);
    if (number == Number::kBFloat16) {
      static_cast<uint16_t*>(data)[i] = static_cast<uint16_t>(Bits(Rounded(value, kBFloat16DroppedBits)) >> 16);
    } else {
      static_cast<float*>(data)[i] = value;
    }
  }
}

std::vector<double> Product(const ColumnMajor& a, const ColumnMajor& b, int64_t rows, int64_t columns, int64_t depth,
                            Sums sums) {
  std::vector<double> packed(depth * rows);  // a by columns, whatever its layout
  for (int64_t k = 0; k < depth; ++k) {
    for (int64_t row = 0; row < rows; ++row) packed[k * rows + row] = a.At(row, k);
  }
  std::vector<double> c(columns * rows);
  for (int64_t column = 0; column < columns; ++column) {
    for (int64_t k = 0; k < depth; ++k) AddScaled(sums, rows, b.At(k, column), &packed[k * rows], &c[column * rows]);
  }
  return c;
}

std::vector<double> Convolve(const ConvolutionShape& s, const std::vector<double>& x, const std::vector<double>& w,
                             Sums sums) {
  const int64_t cg = s.c_per_group(), og = s.o_per_group();
  std::vector<double> by_input(w.size());  // [kernel_h,kernel_w,c/groups,o]: neighbors are output channels
  for (int64_t o = 0; o < s.o; ++o) {
    for (int64_t tap = 0; tap < s.kernel_h * s.kernel_w; ++tap) {
      for (int64_t c = 0; c < cg; ++c) {
        by_input[(tap * cg + c) * s.o + o] = w[(o * s.kernel_h * s.kernel_w + tap) * cg + c];
      }
    }
  }
  std::vector<double> y(s.y_count());
  for (int64_t pixel = 0; pixel < s.n * s.out_h * s.out_w; ++pixel) {
    const int64_t n = pixel / (s.out_h * s.out_w), out_y = pixel / s.out_w % s.out_h, out_x = pixel % s.out_w;
    double* out = &y[pixel * s.o];
    ForEachTap(s, out_y, out_x, [&](int64_t ky, int64_t kx, int64_t in_y, int64_t in_x) {
      const double* in = &x[((n * s.h + in_y) * s.w + in_x) * s.c];
      const double* taps = &by_input[(ky * s.kernel_w + kx) * cg * s.o];
      for (int64_t c = 0; c < s.c; ++c) {
        const int64_t group = c / cg;
        AddScaled(sums, og, in[c], taps + (c % cg) * s.o + group * og, out + group * og);
      }
    });
  }
  return y;
}

std::vector<double> ConvolveInputGrad(const ConvolutionShape& s, const std::vector<double>& dy,
                                      const std::vector<double>& w, Sums sums) {
  const int64_t cg = s.c_per_group(), og = s.o_per_group();
  std::vector<double> dx(s.x_count());
  for (int64_t pixel = 0; pixel < s.n * s.out_h * s.out_w; ++pixel) {
    const int64_t n = pixel / (s.out_h * s.out_w), out_y = pixel / s.out_w % s.out_h, out_x = pixel % s.out_w;
    const double* from = &dy[pixel * s.o];
    ForEachTap(s, out_y, out_x, [&](int64_t ky, int64_t kx, int64_t in_y, int64_t in_x) {
      double* to = &dx[((n * s.h + in_y) * s.w + in_x) * s.c];
      for (int64_t o = 0; o < s.o; ++o) {
        AddScaled(sums, cg, from[o], &w[((o * s.kernel_h + ky) * s.kernel_w + kx) * cg], to + o / og * cg);
      }
    });
  }
  return dx;
}

std::vector<double> ConvolveWeightGrad(const ConvolutionShape& s, const std::vector<double>& x,
                                       const std::vector<double>& dy, Sums sums) {
  const int64_t cg = s.c_per_group(), og = s.o_per_group();
  std::vector<double> dw(s.w_count());
  for (int64_t pixel = 0; pixel < s.n * s.out_h * s.out_w; ++pixel) {
    const int64_t n = pixel / (s.out_h * s.out_w), out_y = pixel / s.out_w % s.out_h, out_x = pixel % s.out_w;
    const double* from = &dy[pixel * s.o];
    ForEachTap(s, out_y, out_x, [&](int64_t ky, int64_t kx, int64_t in_y, int64_t in_x) {
      const double* in = &x[((n * s.h + in_y) * s.w + in_x) * s.c];
      for (int64_t o = 0; o < s.o; ++o) {
        AddScaled(sums, cg, from[o], in + o / og * cg, &dw[((o * s.kernel_h + ky) * s.kernel_w + kx) * cg]);
      }
    });
  }
  return dw;
}

}  // namespace fake_cuda
