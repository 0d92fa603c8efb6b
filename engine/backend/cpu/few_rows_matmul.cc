#include "engine/backend/cpu/few_rows_matmul.h"

#include <algorithm>

#include "engine/backend/cpu/parallel.h"
#include "hwy/highway.h"

namespace sg::cpu {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

constexpr hn::CappedTag<float, 8> kFloats;
constexpr int64_t kLanes = 8;  // of x86-64-v3; memory is the limit, not arithmetic
// Below and above, oneDNN is as fast: with 512 terms and columns, 35 us for 9 rows, 250 for 16 (here 65), 289 for 32 (196), 363
// for 64 (367).
constexpr int64_t kFewestRows = 16, kMostRows = 48, kFewestTerms = 64;
constexpr int kBlockRows = 8;  // accumulators of independent additions, which hide their latency

// y[r * y_row] = alpha * (row r of a) . b
template <int kRows>
void Dots(const float* HWY_RESTRICT a, const float* HWY_RESTRICT b, int64_t terms, float alpha, float* y,
          int64_t y_row) {
  hn::Vec<decltype(kFloats)> sum[kRows];
  for (int r = 0; r < kRows; ++r) sum[r] = hn::Zero(kFloats);
  int64_t k = 0;
  for (; k + kLanes <= terms; k += kLanes) {
    const auto factor = hn::LoadU(kFloats, b + k);
    for (int r = 0; r < kRows; ++r) sum[r] = hn::MulAdd(hn::LoadU(kFloats, a + r * terms + k), factor, sum[r]);
  }
  for (int r = 0; r < kRows; ++r) {
    float total = hn::GetLane(hn::SumOfLanes(kFloats, sum[r]));
    for (int64_t i = k; i < terms; ++i) total += a[r * terms + i] * b[i];
    y[r * y_row] = alpha * total;
  }
}

void DotsOf(int64_t rows, const float* a, const float* b, int64_t terms, float alpha, float* y, int64_t y_row) {
  switch (rows) {
    case 1: return Dots<1>(a, b, terms, alpha, y, y_row);
    case 2: return Dots<2>(a, b, terms, alpha, y, y_row);
    case 3: return Dots<3>(a, b, terms, alpha, y, y_row);
    case 4: return Dots<4>(a, b, terms, alpha, y, y_row);
    case 5: return Dots<5>(a, b, terms, alpha, y, y_row);
    case 6: return Dots<6>(a, b, terms, alpha, y, y_row);
    case 7: return Dots<7>(a, b, terms, alpha, y, y_row);
    default: return Dots<kBlockRows>(a, b, terms, alpha, y, y_row);
  }
}

}  // namespace

bool HasFewRows(const MatMulArgs& args) {
  return args.y.shape.rank() == 2 && !args.transpose_a && args.transpose_b && args.a.dtype == DType::kF32 &&
         args.y.shape[0] >= kFewestRows && args.y.shape[0] <= kMostRows && args.a.shape[1] >= kFewestTerms;
}

void FewRowsMatMul(const MatMulArgs& args) {
  const int64_t rows = args.y.shape[0], columns = args.y.shape[1], terms = args.a.shape[1];
  const float alpha = static_cast<float>(args.alpha);
  ParallelFor(columns, GrainOf(terms), [&](int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; ++n) {
      for (int64_t r = 0; r < rows; r += kBlockRows) {
        DotsOf(std::min<int64_t>(kBlockRows, rows - r), args.a.as<const float>() + r * terms,
               args.b.as<const float>() + n * terms, terms, alpha, args.y.as<float>() + r * columns + n, columns);
      }
    }
  });
}

}  // namespace sg::cpu
