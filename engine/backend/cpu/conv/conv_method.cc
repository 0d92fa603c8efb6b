#include "engine/backend/cpu/conv/conv_method.h"

#include <cstdint>

#include "engine/backend/cpu/conv/winograd_conv2d.h"

namespace sg::cpu {
namespace {

constexpr int64_t kFewPixels = 4;
constexpr int64_t kFewChannels = 8;
// With fewer tiles than this, transforming the weights and reading four times as many bytes of them takes longer than
// Winograd saves. Small weights stay in the caches and need fewer tiles.
constexpr int64_t kFewTiles = 64, kFewTilesOfSmall = 16;
constexpr int64_t kSmallWeights = int64_t{1} << 15;  // in channel pairs

bool IsPointwise(const Shape& w) { return w[1] == 1 && w[2] == 1; }

}  // namespace

const char* Name(ConvMethod method) {
  switch (method) {
    case ConvMethod::kWinograd: return "winograd";
    case ConvMethod::kDirect: return "direct";
    case ConvMethod::kColumns: return "columns";
    case ConvMethod::kSampled: return "sampled";
  }
  return "?";
}

bool IsDensePointwise(const Shape& w, const ConvGeometry& g) {
  return IsPointwise(w) && g.stride_h == 1 && g.stride_w == 1 && g.pad_h == 0 && g.pad_w == 0;
}

ConvMethod MethodFor(ConvDirection direction, const Shape& x, const Shape& w, const Shape& y, const ConvGeometry& g) {
  if (IsPointwise(w) && !IsDensePointwise(w, g)) return ConvMethod::kSampled;
  if (g.groups > 1) return ConvMethod::kDirect;
  if (IsPointwise(w)) {
    const bool few = direction == ConvDirection::kWeightGrad && w[0] < kFewChannels;
    return few ? ConvMethod::kColumns : ConvMethod::kDirect;
  }
  const Shape& tiled = direction == ConvDirection::kInputGrad ? x : y;
  const bool small = direction != ConvDirection::kWeightGrad && w[0] * w[3] <= kSmallWeights;
  if (WinogradFits(w, g) && WinogradTiles(tiled) >= (small ? kFewTilesOfSmall : kFewTiles))
    return ConvMethod::kWinograd;
  return y[1] * y[2] <= kFewPixels ? ConvMethod::kColumns : ConvMethod::kDirect;
}

bool CanCompute(ConvMethod method, ConvDirection direction, const Shape& w, const ConvGeometry& g) {
  const bool dense_pointwise = IsDensePointwise(w, g);
  switch (method) {
    case ConvMethod::kWinograd: return WinogradFits(w, g);
    case ConvMethod::kDirect: return !IsPointwise(w) || dense_pointwise;
    // For a dense 1x1 convolution, the forward pass and the input gradient by columns equal the direct method plus a
    // copy.
    case ConvMethod::kColumns: return g.groups == 1 && (!dense_pointwise || direction == ConvDirection::kWeightGrad);
    case ConvMethod::kSampled: return IsPointwise(w) && !dense_pointwise;
  }
  return false;
}

}  // namespace sg::cpu
