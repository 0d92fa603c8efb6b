// Matrix products and convolutions as plain loops, for the stand-in's cuBLAS and cuDNN. Written from the definitions,
// independently of engine/backend.
#ifndef TESTS_FAKE_CUDA_STAND_IN_DENSE_MATH_H_
#define TESTS_FAKE_CUDA_STAND_IN_DENSE_MATH_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace fake_cuda {

enum class Number : uint8_t { kFloat, kBFloat16 };

constexpr size_t SizeOf(Number number) { return number == Number::kFloat ? 4 : 2; }

// Tensor cores read floats with 10 bits of mantissa. Some kernels round to them before, others let the rest be dropped.
enum class Precision : uint8_t { kFull, kTf32, kTruncatedTf32 };

// What is kept of each partial sum. Exact ones, in double, show what else is wrong with a result. GPUs add in f32, and
// tensor cores drop what does not fit.
enum class Sums : uint8_t { kExact, kRounded, kTruncated };
// For operands of that kind: a GPU's with FAKE_CUDA_SUMS=f32, otherwise exact ones.
Sums SumsOf(Number operands, Precision precision);

std::vector<double> Load(const void* data, Number number, int64_t count, Precision precision);
void Store(const double* values, int64_t count, double scale, Number number, void* data);

// A matrix stored by columns, as in cuBLAS.
struct ColumnMajor {
  const double* data;
  int64_t leading;  // elements from one column to the next
  bool transposed;  // the operand is the transpose of what is stored

  double At(int64_t row, int64_t column) const {
    return transposed ? data[row * leading + column] : data[column * leading + row];
  }
};

// c[column * rows + row] = sum over depth of a(row, k) b(k, column).
std::vector<double> Product(const ColumnMajor& a, const ColumnMajor& b, int64_t rows, int64_t columns, int64_t depth,
                            Sums sums);

// x [n,h,w,c], filter [o,kernel_h,kernel_w,c/groups], y [n,out_h,out_w,o]; all dense.
struct ConvolutionShape {
  int64_t n, h, w, c;
  int64_t o, kernel_h, kernel_w;
  int64_t out_h, out_w;
  int64_t stride_h, stride_w, pad_h, pad_w, groups;

  int64_t c_per_group() const { return c / groups; }
  int64_t o_per_group() const { return o / groups; }
  int64_t x_count() const { return n * h * w * c; }
  int64_t w_count() const { return o * kernel_h * kernel_w * c_per_group(); }
  int64_t y_count() const { return n * out_h * out_w * o; }
};

std::vector<double> Convolve(const ConvolutionShape& shape, const std::vector<double>& x, const std::vector<double>& w,
                             Sums sums);
std::vector<double> ConvolveInputGrad(const ConvolutionShape& shape, const std::vector<double>& dy,
                                      const std::vector<double>& w, Sums sums);
std::vector<double> ConvolveWeightGrad(const ConvolutionShape& shape, const std::vector<double>& x,
                                       const std::vector<double>& dy, Sums sums);

}  // namespace fake_cuda

#endif  // TESTS_FAKE_CUDA_STAND_IN_DENSE_MATH_H_
