#include "engine/backend/common/axis_taps.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "engine/backend/common/byte_key.h"
#include "engine/backend/kernel_args.h"
#include "gtest/gtest.h"

namespace sg {
namespace {

using Signal = std::vector<double>;

// The definition, step by step: insert zeros, extend (a negative pad crops), convolve, decimate.
Signal Resample(const FirAxis& axis, const Signal& in) {
  Signal sparse;
  for (double v : in) {
    sparse.push_back(v);
    sparse.insert(sparse.end(), axis.up - 1, 0.0);
  }
  Signal padded(std::max(axis.pad0, 0), 0.0);
  padded.insert(padded.end(), sparse.begin() + std::max(-axis.pad0, 0), sparse.end());
  padded.resize(padded.size() + axis.pad1, 0.0);
  Signal out;
  for (size_t start = 0; start + axis.taps <= padded.size(); start += axis.down) {
    double sum = 0;
    for (int k = 0; k < axis.taps; ++k) sum += padded[start + k] * axis.filter[axis.taps - 1 - k];
    out.push_back(sum);
  }
  return out;
}

Signal ApplyTaps(const AxisTaps& taps, const Signal& in) {
  EXPECT_EQ(static_cast<int64_t>(in.size()), taps.in_length);
  Signal out(taps.out_length, 0.0);
  for (int64_t o = 0; o < taps.out_length; ++o) {
    for (int k = 0; k < taps.width; ++k) out[o] += taps.weight[o * taps.width + k] * in.at(taps.begin[o] + k);
  }
  return out;
}

double Dot(const Signal& a, const Signal& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

Signal Ramp(int64_t length) {
  Signal signal(length);
  for (int64_t i = 0; i < length; ++i) signal[i] = 1.0 + i * i % 7 - 0.25 * i;
  return signal;
}

// Asymmetric filters, so that a missing flip shows; pads of every sign.
std::vector<FirAxis> Axes() {
  std::vector<FirAxis> axes;
  for (int up : {1, 2, 3}) {
    for (int down : {1, 2, 3}) {
      for (int pad0 : {-2, 0, 3}) {
        for (int pad1 : {-1, 0, 2}) {
          axes.push_back(MakeFirAxis(up, down, pad0, pad1, {1, 3, -2, 0.5}));
          axes.push_back(MakeFirAxis(up, down, pad0, pad1, {0.75, 0.25}));
        }
      }
    }
  }
  return axes;
}

TEST(AxisTaps, EqualsTheDefinition) {
  for (const FirAxis& axis : Axes()) {
    for (int64_t length : {7, 12}) {
      const Signal in = Ramp(length), expected = Resample(axis, in);
      ASSERT_EQ(FirOutputLength(axis, length), static_cast<int64_t>(expected.size()));
      const Signal got = ApplyTaps(MakeAxisTaps(axis, EdgeMode::kZero, false, length), in);
      ASSERT_EQ(got.size(), expected.size());
      for (size_t i = 0; i < got.size(); ++i) ASSERT_NEAR(got[i], expected[i], 1e-12) << "at " << i;
    }
  }
}

TEST(AxisTaps, TransposedIsTheAdjoint) {
  for (EdgeMode edge : {EdgeMode::kZero, EdgeMode::kReplicate}) {
    for (const FirAxis& axis : Axes()) {
      if (edge == EdgeMode::kReplicate && (axis.pad0 < 0 || axis.pad1 < 0)) continue;
      const int64_t length = 9, mapped = FirOutputLength(axis, length);
      const AxisTaps map = MakeAxisTaps(axis, edge, false, length), adjoint = MakeAxisTaps(axis, edge, true, length);
      ASSERT_EQ(adjoint.in_length, mapped);
      ASSERT_EQ(adjoint.out_length, length);
      for (int64_t i = 0; i < length; ++i) {
        for (int64_t o = 0; o < mapped; ++o) {
          Signal x(length, 0.0), y(mapped, 0.0);
          x[i] = y[o] = 1;
          ASSERT_EQ(Dot(y, ApplyTaps(map, x)), Dot(ApplyTaps(adjoint, y), x)) << "input " << i << " output " << o;
        }
      }
    }
  }
}

TEST(AxisTaps, ReadsStayInside) {
  for (bool transposed : {false, true}) {
    for (const FirAxis& axis : Axes()) {
      const AxisTaps taps = MakeAxisTaps(axis, EdgeMode::kZero, transposed, 8);
      ASSERT_EQ(static_cast<int64_t>(taps.begin.size()), taps.out_length);
      for (int32_t begin : taps.begin) {
        ASSERT_GE(begin, 0);
        ASSERT_LE(begin + taps.width, taps.in_length);
      }
    }
  }
}

TEST(AxisTaps, ReplicateKeepsConstantsAtTheEdge) {
  const FirAxis axis = MakeFirAxis(1, 1, 2, 1, {0.125, 0.375, 0.375, 0.125});
  const Signal ones(6, 1.0);
  for (double v : ApplyTaps(MakeAxisTaps(axis, EdgeMode::kReplicate, false, 6), ones)) EXPECT_DOUBLE_EQ(v, 1.0);
  EXPECT_LT(ApplyTaps(MakeAxisTaps(axis, EdgeMode::kZero, false, 6), ones).front(), 1.0);
}

TEST(AxisTaps, UpsamplingByTwoIsPolyphase) {
  // The model's filter [1,3,3,1]/4 per axis at up = 2: each output sees two inputs, 3/4 and 1/4.
  const AxisTaps taps = MakeAxisTaps(MakeFirAxis(2, 1, 2, 1, {0.25, 0.75, 0.75, 0.25}), EdgeMode::kZero, false, 4);
  EXPECT_EQ(taps.out_length, 8);
  EXPECT_EQ(taps.width, 2);
  const Signal out = ApplyTaps(taps, {0, 1, 0, 0});
  EXPECT_EQ(out, (Signal{0, 0.25, 0.75, 0.75, 0.25, 0, 0, 0}));
}

TEST(AxisTapsDeathTest, FilterMustFit) {
  const FirAxis axis = MakeFirAxis(1, 1, 0, 0, {1, 1, 1, 1});
  EXPECT_LT(FirOutputLength(axis, 3), 1);
  EXPECT_DEATH(MakeAxisTaps(axis, EdgeMode::kZero, false, 3),
               "\\[UpFirDn2d\\] a filter of 4 taps does not fit 3 samples");
}

TEST(AxisTapsKeyTest, EveryArgumentCountsAndUnusedTapsDoNot) {
  const auto key = [](const FirAxis& axis, EdgeMode edge = EdgeMode::kZero, bool transposed = false,
                      int64_t length = 8) { return MakeAxisTapsKey(axis, edge, transposed, length); };
  const ByteEqual<AxisTapsKey> equal;
  const FirAxis axis = MakeFirAxis(2, 1, 1, 3, {0.25f, 0.75f});
  FirAxis unused = axis;
  unused.filter[2] = 5;
  EXPECT_TRUE(equal(key(axis), key(unused)));
  for (const FirAxis& other : {MakeFirAxis(1, 1, 1, 3, {0.25f, 0.75f}), MakeFirAxis(2, 2, 1, 3, {0.25f, 0.75f}),
                               MakeFirAxis(2, 1, 0, 3, {0.25f, 0.75f}), MakeFirAxis(2, 1, 1, 2, {0.25f, 0.75f}),
                               MakeFirAxis(2, 1, 1, 3, {0.25f, 0.5f}), MakeFirAxis(2, 1, 1, 3, {0.25f, 0.75f, 0.0f})}) {
    EXPECT_FALSE(equal(key(axis), key(other)));
  }
  EXPECT_FALSE(equal(key(axis), key(axis, EdgeMode::kReplicate)));
  EXPECT_FALSE(equal(key(axis), key(axis, EdgeMode::kZero, true)));
  EXPECT_FALSE(equal(key(axis), key(axis, EdgeMode::kZero, false, 9)));
}

}  // namespace
}  // namespace sg
