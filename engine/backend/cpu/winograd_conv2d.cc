#include "engine/backend/cpu/winograd_conv2d.h"

#include <omp.h>

#include <algorithm>
#include <utility>

#include "engine/backend/cpu/compute_type.h"
#include "engine/backend/cpu/packed_weights.h"
#include "engine/backend/cpu/parallel.h"
#include "engine/backend/cpu/pool.h"
#include "engine/backend/cpu/winograd_kernels.h"
#include "engine/base/check.h"

namespace sg::cpu {
namespace {

constexpr int64_t kTaps = 9;
// Arrays of which many rows are walked at once get rows that are no power of two apart: else all of them would share few
// sets of the caches.
constexpr int64_t kSkew = 16;
// Tiles that are transformed and multiplied at once by one thread, so few that their transforms stay in its L2 cache. For
// the weight gradient they are the depth of the product, and more of them mean fewer passes over its sums.
constexpr int64_t kBlockTiles = 24;
constexpr int64_t kBlockBytes = int64_t{1} << 20;
constexpr int64_t kGradientBlockTiles = 128;
// The transformed weight gradient is kept once per thread up to this size; beyond, threads share the channels instead.
constexpr int64_t kMaxPartialBytes = int64_t{5} << 19;

int64_t CeilDiv(int64_t a, int64_t b) { return (a + b - 1) / b; }

// The tiles of an image batch [N,H,W,...]: tile i covers rows [h, h+4) and columns [w, w+4) of image n.
struct Tiles {
  explicit Tiles(const Shape& y)
      : rows(CeilDiv(y[1], kWinogradTile)), columns(CeilDiv(y[2], kWinogradTile)), count(y[0] * rows * columns) {}
  int64_t rows, columns, count;
};

// `size` x `size` pixels of tile `i` of `image`, moved by `pad` towards the beginning.
template <typename T>
PixelWindow<T> WindowOf(const TensorView& image, const Tiles& tiles, int64_t i, int64_t size, int64_t pad) {
  const int64_t height = image.shape[1], width = image.shape[2], channels = image.shape[3];
  const int64_t n = i / (tiles.rows * tiles.columns);
  const int64_t h = i / tiles.columns % tiles.rows * kWinogradTile - pad;
  const int64_t w = i % tiles.columns * kWinogradTile - pad;
  PixelWindow<T> window;
  window.data = image.as<T>() + ((n * height + h) * width + w) * channels;
  window.row_stride = width * channels;
  window.pixel_stride = channels;
  window.h0 = std::max<int64_t>(0, -h);
  window.w0 = std::max<int64_t>(0, -w);
  window.h1 = std::min(size, height - h);
  window.w1 = std::min(size, width - w);
  return window;
}

template <typename T>
PixelWindow<T> Narrow(PixelWindow<T> window, int64_t channel) {
  window.data += channel;
  return window;
}

// The transforms of channels [channel, channel + channels) of a patch of x, or of a tile of dy.
void TransformInput(const WinogradKernels& kernels, const TensorView& x, const Tiles& tiles, int64_t i, int64_t pad,
                    int64_t channel, int64_t channels, float* v, int64_t stride) {
  if (x.dtype == DType::kF32) {
    kernels.input_patch(Narrow(WindowOf<const float>(x, tiles, i, kWinogradPatch, pad), channel), channels, v, stride);
  } else {
    kernels.input_patch_bf16(Narrow(WindowOf<const BFloat16>(x, tiles, i, kWinogradPatch, pad), channel), channels, v,
                             stride);
  }
}
void TransformGradient(const WinogradKernels& kernels, const TensorView& dy, const Tiles& tiles, int64_t i,
                       int64_t channel, int64_t channels, float* m, int64_t stride) {
  if (dy.dtype == DType::kF32) {
    kernels.gradient_tile(Narrow(WindowOf<const float>(dy, tiles, i, kWinogradTile, 0), channel), channels, m, stride);
  } else {
    kernels.gradient_tile_bf16(Narrow(WindowOf<const BFloat16>(dy, tiles, i, kWinogradTile, 0), channel), channels, m,
                               stride);
  }
}

// The transformed weights of the correlation that turns `rows` channels into `columns`: 36 times [rows, columns] in panels.
enum class Role { kForward, kInputGrad };
PanelLayout WeightLayout(const Shape& w, Role role) {
  const int64_t outputs = w[0], inputs = w[3], panel = BestWinogradKernels().panel;
  return role == Role::kForward ? PanelLayout{inputs, outputs, panel} : PanelLayout{outputs, inputs, panel};
}

// For the input gradient: the taps turned by half a turn, outputs to inputs, where w is vectors of inputs already.
void TransformFlipped(const TensorView& w, float* u) {
  const WinogradKernels& kernels = BestWinogradKernels();
  const PanelLayout layout = WeightLayout(w.shape, Role::kInputGrad);
  const int64_t inputs = w.shape[3], frequency = layout.rows * layout.columns;
  ParallelFor(layout.rows, GrainOf(kTaps * inputs), [&](int64_t begin, int64_t end) {
    for (int64_t o = begin; o < end; ++o) {
      // The last tap first, backwards.
      const float* taps = w.as<float>() + (o * kTaps + kTaps - 1) * inputs;
      for (int64_t column = 0; column < layout.columns; column += layout.panel) {
        kernels.weight(taps + column, -inputs, layout.Width(column), u + layout.Offset(o, column), frequency);
      }
    }
  });
}

// For the forward direction: inputs to outputs. The taps of a panel of outputs and a few inputs are transposed first.
void TransformForward(const TensorView& w, float* u) {
  const WinogradKernels& kernels = BestWinogradKernels();
  const PanelLayout layout = WeightLayout(w.shape, Role::kForward);
  const int64_t inputs = w.shape[3], frequency = layout.rows * layout.columns;
  constexpr int64_t kInputs = 16, kMaxPanel = 64;
  SG_CHECK(layout.panel <= kMaxPanel);
  const int64_t panels = CeilDiv(layout.columns, layout.panel), pieces = CeilDiv(inputs, kInputs);
  ParallelFor(panels * pieces, 1, [&](int64_t begin, int64_t end) {
    float taps[kInputs][kTaps][kMaxPanel];
    for (int64_t piece = begin; piece < end; ++piece) {
      const int64_t column = piece / pieces * layout.panel, first = piece % pieces * kInputs;
      const int64_t count = std::min(kInputs, inputs - first), width = layout.Width(column);
      for (int64_t o = 0; o < width; ++o) {
        for (int64_t tap = 0; tap < kTaps; ++tap) {
          const float* from = w.as<float>() + ((column + o) * kTaps + tap) * inputs + first;
          for (int64_t i = 0; i < count; ++i) taps[i][tap][o] = from[i];
        }
      }
      for (int64_t i = 0; i < count; ++i) {
        kernels.weight(taps[i][0], kMaxPanel, width, u + layout.Offset(first + i, column), frequency);
      }
    }
  });
}

PackedWeights::Buffer TransformedWeights(const TensorView& w, Role role) {
  const size_t bytes = static_cast<size_t>(kWinogradFrequencies * w.shape[0] * w.shape[3]) * sizeof(float);
  const char* const layout = role == Role::kForward ? "winograd" : "winograd, flipped";
  return CpuPackedWeights().Get(w.data, static_cast<size_t>(w.NumBytes()), layout, bytes, [&](void* packed) {
    PoolBuffer converted;
    const TensorView plain = InType(w, DType::kF32, &converted);
    if (role == Role::kForward) {
      TransformForward(plain, static_cast<float*>(packed));
    } else {
      TransformFlipped(plain, static_cast<float*>(packed));
    }
  });
}

// How a correlation is cut into independent tasks: blocks of tiles, and slices of the output channels where there are more
// threads than blocks, or so few tiles that the weights are most of what is read.
struct Blocking {
  Blocking(const WinogradKernels& kernels, int64_t tiles, int64_t inputs, int64_t outputs, int threads) {
    const int64_t panels = CeilDiv(outputs, kernels.panel);
    slices = tiles < kBlockTiles * threads ? std::min<int64_t>(threads, panels) : 1;
    slice_channels = CeilDiv(panels, slices) * kernels.panel;
    slices = CeilDiv(outputs, slice_channels);
    const int64_t tile_bytes =
        kWinogradFrequencies * static_cast<int64_t>(sizeof(float)) * (inputs + std::min(outputs, slice_channels));
    const int64_t most = std::clamp(kBlockBytes / tile_bytes, 2 * kernels.block_rows, kBlockTiles);
    const int64_t least_blocks = CeilDiv(threads, slices);
    const int64_t wanted = std::max(CeilDiv(tiles, most), least_blocks);
    block_tiles = CeilDiv(CeilDiv(tiles, wanted), kernels.block_rows) * kernels.block_rows;
    blocks = CeilDiv(tiles, block_tiles);
  }
  int64_t blocks, block_tiles;
  int64_t slices, slice_channels;
};

// y [N,Ho,Wo,O] = x [N,H,W,I] correlated with transformed weights u.
void Correlate(const TensorView& x, const float* u, const TensorView& y, int64_t pad) {
  const WinogradKernels& kernels = BestWinogradKernels();
  const int threads = omp_get_max_threads();
  const int64_t inputs = x.shape[3], outputs = y.shape[3];
  const Tiles tiles(y.shape);
  const Blocking cut(kernels, tiles.count, inputs, outputs, threads);
  const int64_t v_row = inputs + kSkew, v_stride = cut.block_tiles * v_row + kSkew;
  const int64_t m_row = std::min(outputs, cut.slice_channels) + kSkew, m_stride = cut.block_tiles * m_row + kSkew;
  const int64_t scratch_floats = kWinogradFrequencies * (v_stride + m_stride);
  const PoolBuffer scratch(CpuPool(), static_cast<size_t>(threads * scratch_floats) * sizeof(float));

#pragma omp parallel for num_threads(threads) schedule(dynamic, 1)
  for (int64_t task = 0; task < cut.blocks * cut.slices; ++task) {
    const int64_t first = task / cut.slices * cut.block_tiles, channel = task % cut.slices * cut.slice_channels;
    const int64_t count = std::min(cut.block_tiles, tiles.count - first);
    const int64_t channels = std::min(cut.slice_channels, outputs - channel);
    float* const v = scratch.as<float>() + omp_get_thread_num() * scratch_floats;
    float* const m = v + kWinogradFrequencies * v_stride;
    for (int64_t i = 0; i < count; ++i) {
      TransformInput(kernels, x, tiles, first + i, pad, 0, inputs, v + i * v_row, v_stride);
    }
    // The panels of a slice are a layout of their own: they lie one after another.
    const PanelLayout slice = {inputs, channels, kernels.panel};
    for (int64_t f = 0; f < kWinogradFrequencies; ++f) {
      kernels.product(v + f * v_stride, v_row, 1, u + f * inputs * outputs + channel * inputs, slice, m + f * m_stride,
                      m_row, count, /*accumulate=*/false);
    }
    for (int64_t i = 0; i < count; ++i) {
      kernels.output_tile(m + i * m_row, m_stride, channels,
                          Narrow(WindowOf<float>(y, tiles, first + i, kWinogradTile, 0), channel));
    }
  }
}

}  // namespace

int64_t WinogradTiles(const Shape& result) { return Tiles(result).count; }

bool WinogradFits(const Shape& w, const ConvGeometry& g) {
  const int64_t lanes = BestWinogradKernels().lanes;
  return w[1] == 3 && w[2] == 3 && g.stride_h == 1 && g.stride_w == 1 && g.groups == 1 && g.pad_h == g.pad_w &&
         g.pad_h <= 2 && w[0] % lanes == 0 && w[3] % lanes == 0;
}

void WinogradConv2d(const Conv2dArgs& args) {
  const PackedWeights::Buffer u = TransformedWeights(args.w, Role::kForward);
  Correlate(args.x, u->as<float>(), args.y, args.geometry.pad_h);
}

void WinogradConv2dInputGrad(const Conv2dInputGradArgs& args) {
  const PackedWeights::Buffer u = TransformedWeights(args.w, Role::kInputGrad);
  Correlate(args.dy, u->as<float>(), args.dx, 2 - args.geometry.pad_h);
}

void WinogradConv2dWeightGrad(const Conv2dWeightGradArgs& args) {
  const WinogradKernels& kernels = BestWinogradKernels();
  const int64_t threads = omp_get_max_threads();
  const int64_t inputs = args.x.shape[3], outputs = args.dy.shape[3];
  const Tiles tiles(args.dy.shape);
  const int64_t du_stride = outputs * inputs + kSkew, part_stride = kWinogradFrequencies * du_stride;
  // Threads take different tiles, each with sums of its own; or different output channels.
  const bool split_tiles = part_stride * static_cast<int64_t>(sizeof(float)) <= kMaxPartialBytes;
  const int64_t parts = split_tiles ? std::min(threads, CeilDiv(tiles.count, kGradientBlockTiles / 4)) : 1;
  const int64_t part_tiles = CeilDiv(tiles.count, parts);
  const int64_t slice_channels = CeilDiv(CeilDiv(outputs, split_tiles ? 1 : threads), kernels.lanes) * kernels.lanes;
  const int64_t slices = CeilDiv(outputs, slice_channels);
  const int64_t block = std::min(kGradientBlockTiles, part_tiles);

  const int64_t v_stride = block * inputs + kSkew, m_row = slice_channels + kSkew, m_stride = block * m_row + kSkew;
  const int64_t scratch_floats = kWinogradFrequencies * (v_stride + m_stride);
  const PoolBuffer scratch(CpuPool(), static_cast<size_t>(threads * scratch_floats) * sizeof(float));
  const PoolBuffer sums(CpuPool(), static_cast<size_t>(parts * part_stride) * sizeof(float));

#pragma omp parallel for num_threads(threads) schedule(static, 1)
  for (int64_t task = 0; task < parts * slices; ++task) {
    const int64_t part = task / slices, channel = task % slices * slice_channels;
    const int64_t channels = std::min(slice_channels, outputs - channel);
    float* const v = scratch.as<float>() + omp_get_thread_num() * scratch_floats;
    float* const m = v + kWinogradFrequencies * v_stride;
    float* const du = sums.as<float>() + part * part_stride + channel * inputs;
    const int64_t begin = part * part_tiles, end = std::min(tiles.count, begin + part_tiles);
    for (int64_t first = begin; first < end; first += block) {
      const PanelLayout layout = {std::min(block, end - first), inputs, kernels.panel};
      for (int64_t i = 0; i < layout.rows; ++i) {
        for (int64_t column = 0; column < inputs; column += layout.panel) {
          TransformInput(kernels, args.x, tiles, first + i, args.geometry.pad_h, column, layout.Width(column),
                         v + layout.Offset(i, column), v_stride);
        }
        TransformGradient(kernels, args.dy, tiles, first + i, channel, channels, m + i * m_row, m_stride);
      }
      for (int64_t f = 0; f < kWinogradFrequencies; ++f) {
        kernels.product(m + f * m_stride, 1, m_row, v + f * v_stride, layout, du + f * du_stride, inputs, channels,
                        /*accumulate=*/first > begin);
      }
    }
  }
  ParallelFor(outputs, GrainOf(kWinogradFrequencies * inputs), [&](int64_t begin, int64_t end) {
    for (int64_t o = begin; o < end; ++o) {
      kernels.weight_gradient(sums.as<float>() + o * inputs, du_stride, parts, part_stride, inputs,
                              args.dw.as<float>() + o * kTaps * inputs, inputs);
    }
  });
}

}  // namespace sg::cpu
