#include "engine/backend/cpu/conv/winograd_conv2d.h"

#include <omp.h>

#include <algorithm>
#include <utility>

#include "engine/backend/common/conv_epilogue.h"
#include "engine/backend/cpu/conv/winograd_kernels.h"
#include "engine/backend/cpu/loops/bias_act.h"
#include "engine/backend/cpu/loops/parallel.h"
#include "engine/backend/cpu/memory/packed_weights.h"
#include "engine/backend/cpu/memory/pool.h"
#include "engine/backend/cpu/onednn/compute_type.h"
#include "engine/base/check.h"

namespace sg::cpu {
namespace {

constexpr int64_t kTaps = 9;
constexpr auto kWordBytes = static_cast<int64_t>(sizeof(WinogradWord));
// Extra floats per row of arrays that are walked across many rows at once. They keep row strides from being powers of
// two, which would map all rows to a few cache sets.
constexpr int64_t kSkew = 16;
// Tiles that one thread transforms and multiplies at once. They are few enough for their transforms to stay in its L2
// cache. In the weight gradient the tiles are the depth of the product: larger blocks mean fewer passes over its sums.
constexpr int64_t kBlockTiles = 24;
constexpr int64_t kBlockBytes = int64_t{1} << 20;
constexpr int64_t kGradientBlockWords = 128;
// Up to this size each thread keeps its own transformed weight gradient. Above it, the threads divide the channels
// instead.
constexpr int64_t kMaxPartialBytes = int64_t{5} << 19;

int64_t CeilDiv(int64_t a, int64_t b) { return (a + b - 1) / b; }

// The tiles of an image batch [N,H,W,...]: tile i covers rows [h, h+4) and columns [w, w+4) of image n.
struct Tiles {
  explicit Tiles(const Shape& y)
      : rows(CeilDiv(y[1], kWinogradTile)), columns(CeilDiv(y[2], kWinogradTile)), count(y[0] * rows * columns) {}
  int64_t rows, columns, count;
};

// The `size` x `size` window of tile `i` in `image`, starting at `channel`, shifted up and left by `pad`.
template <typename T>
PixelWindow<T> WindowOf(const TensorView& image, const Tiles& tiles, int64_t i, int64_t size, int64_t pad,
                        int64_t channel) {
  const int64_t height = image.shape[1], width = image.shape[2], channels = image.shape[3];
  const int64_t n = i / (tiles.rows * tiles.columns);
  const int64_t h = i / tiles.columns % tiles.rows * kWinogradTile - pad;
  const int64_t w = i % tiles.columns * kWinogradTile - pad;
  const int64_t offset = ((n * height + h) * width + w) * channels + channel;
  PixelWindow<T> window;
  window.data = static_cast<T*>(static_cast<void*>(image.as<char>() + offset * SizeOf(image.dtype)));
  window.row_stride = width * channels;
  window.pixel_stride = channels;
  window.h0 = std::max<int64_t>(0, -h);
  window.w0 = std::max<int64_t>(0, -w);
  window.h1 = std::min(size, height - h);
  window.w1 = std::min(size, width - w);
  return window;
}

// The windows of the `pair` tiles that share a word. Windows of tiles from `end` on are empty.
struct WordWindows {
  WordWindows(const TensorView& image, const Tiles& tiles, int64_t first, int64_t end, int64_t pair, int64_t size,
              int64_t pad, int64_t channel) {
    SG_CHECK(pair <= 2);
    for (int64_t p = 0; p < pair; ++p) {
      windows[p] = first + p < end ? WindowOf<const void>(image, tiles, first + p, size, pad, channel)
                                   : PixelWindow<const void>{};
    }
  }
  PixelWindow<const void> windows[2];
};

// The layout of the transformed weights of a correlation that maps `rows` channels to `columns` channels: for each of
// the 36 frequencies, words [rows, columns] in panels.
enum class Role { kForward, kInputGrad };
PanelLayout WeightLayout(const WinogradKernels& kernels, const Shape& w, Role role) {
  const int64_t outputs = w[0], inputs = w[3];
  return role == Role::kForward ? PanelLayout{inputs / kernels.pair, outputs, kernels.panel}
                                : PanelLayout{outputs / kernels.pair, inputs, kernels.panel};
}

// Transforms weights for the input gradient: taps rotated by 180 degrees, outputs mapped to inputs. Rows of w are
// already vectors of inputs.
void TransformFlipped(const WinogradKernels& kernels, const TensorView& w, WinogradWord* u) {
  const PanelLayout layout = WeightLayout(kernels, w.shape, Role::kInputGrad);
  const int64_t inputs = w.shape[3], output_stride = kTaps * inputs, frequency = layout.rows * layout.columns;
  ParallelFor(layout.rows, GrainOf(kernels.pair * output_stride), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      // Starts at the last tap and steps backward.
      const float* taps = w.as<float>() + row * kernels.pair * output_stride + (kTaps - 1) * inputs;
      for (int64_t column = 0; column < layout.columns; column += layout.panel) {
        kernels.weight(taps + column, output_stride, -inputs, layout.Width(column), u + layout.Offset(row, column),
                       frequency);
      }
    }
  });
}

// Transforms weights for the forward direction: inputs mapped to outputs. First transposes the taps of a panel of
// outputs and a few inputs.
void TransformForward(const WinogradKernels& kernels, const TensorView& w, WinogradWord* u) {
  const PanelLayout layout = WeightLayout(kernels, w.shape, Role::kForward);
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
      for (int64_t i = 0; i < count; i += kernels.pair) {
        kernels.weight(taps[i][0], kTaps * kMaxPanel, kMaxPanel, width,
                       u + layout.Offset((first + i) / kernels.pair, column), frequency);
      }
    }
  });
}

PackedWeights::Buffer TransformedWeights(const WinogradKernels& kernels, const TensorView& w, Role role) {
  const PanelLayout layout = WeightLayout(kernels, w.shape, role);
  const auto bytes = static_cast<size_t>(kWinogradFrequencies * layout.rows * layout.columns * kWordBytes);
  constexpr const char* kNames[][2] = {{"winograd", "winograd, flipped"}, {"winograd bf16", "winograd bf16, flipped"}};
  const char* const name = kNames[kernels.pair == 2][role == Role::kInputGrad];
  return CpuPackedWeights().Get(w, name, bytes, [&](void* packed) {
    PoolBuffer converted;
    const TensorView plain = InType(w, DType::kF32, &converted);
    if (role == Role::kForward) {
      TransformForward(kernels, plain, static_cast<WinogradWord*>(packed));
    } else {
      TransformFlipped(kernels, plain, static_cast<WinogradWord*>(packed));
    }
  });
}

// Divides a correlation into independent tasks: blocks of tiles, and also slices of the output channels if there are
// more threads than blocks, or if there are so few tiles that most of the memory traffic is weights.
struct Blocking {
  // `inputs` counts words.
  Blocking(const WinogradKernels& kernels, int64_t tiles, int64_t inputs, int64_t outputs, int threads) {
    const int64_t panels = CeilDiv(outputs, kernels.panel);
    slices = tiles < kBlockTiles * threads ? std::min<int64_t>(threads, panels) : 1;
    slice_channels = CeilDiv(panels, slices) * kernels.panel;
    slices = CeilDiv(outputs, slice_channels);
    const int64_t tile_bytes = kWinogradFrequencies * kWordBytes * (inputs + std::min(outputs, slice_channels));
    const int64_t most = std::clamp(kBlockBytes / tile_bytes, 2 * kernels.block_rows, kBlockTiles);
    const int64_t least_blocks = CeilDiv(threads, slices);
    const int64_t wanted = std::max(CeilDiv(tiles, most), least_blocks);
    block_tiles = CeilDiv(CeilDiv(tiles, wanted), kernels.block_rows) * kernels.block_rows;
    blocks = CeilDiv(tiles, block_tiles);
  }
  int64_t blocks, block_tiles;
  int64_t slices, slice_channels;
};

// Applies the epilogue to tile `i` of y, from `channel` on, in place.
void FinishTile(const BiasActRows<float>& epilogue, const Tiles& tiles, int64_t i, int64_t channel, int64_t channels,
                const TensorView& y, const PixelWindow<float>& window) {
  const int64_t n = i / (tiles.rows * tiles.columns), height = y.shape[1], width = y.shape[2];
  const int64_t h = i / tiles.columns % tiles.rows * kWinogradTile, w = i % tiles.columns * kWinogradTile;
  for (int64_t r = window.h0; r < window.h1; ++r) {
    for (int64_t c = window.w0; c < window.w1; ++c) {
      float* const pixel = window.data + r * window.row_stride + c * window.pixel_stride;
      epilogue.Run(pixel, n, (n * height + h + r) * width + w + c, channel, channels, pixel);
    }
  }
}

// y [N,Ho,Wo,O] = x [N,H,W,I] correlated with w, or with the flipped w for the input gradient. The epilogue may be
// null.
void Correlate(const TensorView& x, const TensorView& w, Role role, const TensorView& y, int64_t pad,
               const BiasActRows<float>* epilogue) {
  const WinogradKernels& kernels = BestWinogradKernels(x.dtype);
  const PackedWeights::Buffer weights = TransformedWeights(kernels, w, role);
  const int threads = omp_get_max_threads();
  const int64_t inputs = x.shape[3], words = inputs / kernels.pair, outputs = y.shape[3];
  const Tiles tiles(y.shape);
  const Blocking cut(kernels, tiles.count, words, outputs, threads);
  const int64_t v_row = words + kSkew, v_stride = cut.block_tiles * v_row + kSkew;
  const int64_t m_row = std::min(outputs, cut.slice_channels) + kSkew, m_stride = cut.block_tiles * m_row + kSkew;
  const int64_t scratch_floats = kWinogradFrequencies * (v_stride + m_stride);
  const PoolBuffer scratch(CpuPool(), static_cast<size_t>(threads * scratch_floats) * sizeof(float));

#pragma omp parallel for num_threads(threads) schedule(dynamic, 1)
  for (int64_t task = 0; task < cut.blocks * cut.slices; ++task) {
    const int64_t first = task / cut.slices * cut.block_tiles, channel = task % cut.slices * cut.slice_channels;
    const int64_t count = std::min(cut.block_tiles, tiles.count - first);
    const int64_t channels = std::min(cut.slice_channels, outputs - channel);
    WinogradWord* const v = scratch.as<WinogradWord>() + omp_get_thread_num() * scratch_floats;
    float* const m = v + kWinogradFrequencies * v_stride;
    for (int64_t i = 0; i < count; ++i) {
      kernels.input_patch(WindowOf<const void>(x, tiles, first + i, kWinogradPatch, pad, 0), inputs, v + i * v_row,
                          v_stride);
    }
    // The panels of a slice are contiguous, so the slice is itself a PanelLayout.
    const PanelLayout slice = {words, channels, kernels.panel};
    const WinogradWord* const u = weights->as<WinogradWord>() + channel * words;
    for (int64_t f = 0; f < kWinogradFrequencies; ++f) {
      kernels.product(v + f * v_stride, v_row, 1, u + f * words * outputs, slice, m + f * m_stride, m_row, count,
                      /*accumulate=*/false);
    }
    for (int64_t i = 0; i < count; ++i) {
      const PixelWindow<float> window = WindowOf<float>(y, tiles, first + i, kWinogradTile, 0, channel);
      kernels.output_tile(m + i * m_row, m_stride, channels, window);
      if (epilogue != nullptr) FinishTile(*epilogue, tiles, first + i, channel, channels, y, window);
    }
  }
}

}  // namespace

int64_t WinogradTiles(const Shape& result) { return Tiles(result).count; }

bool WinogradFits(const Shape& w, const ConvGeometry& g) {
  const int64_t lanes = BestWinogradKernels(DType::kF32).lanes;
  return w[1] == 3 && w[2] == 3 && g.stride_h == 1 && g.stride_w == 1 && g.groups == 1 && g.pad_h == g.pad_w &&
         g.pad_h <= 2 && w[0] % lanes == 0 && w[3] % lanes == 0;
}

void WinogradConv2d(const Conv2dArgs& args) {
  const BiasActRows<float> epilogue(EpilogueInPlace(args));
  Correlate(args.x, args.w, Role::kForward, args.y, args.geometry.pad_h,
            ChangesNothing(args.epilogue) ? nullptr : &epilogue);
}

void WinogradConv2dInputGrad(const Conv2dInputGradArgs& args) {
  Correlate(args.dy, args.w, Role::kInputGrad, args.dx, 2 - args.geometry.pad_h, nullptr);
}

void WinogradConv2dWeightGrad(const Conv2dWeightGradArgs& args) {
  const WinogradKernels& kernels = BestWinogradKernels(args.x.dtype);
  const int64_t threads = omp_get_max_threads(), pair = kernels.pair;
  const int64_t inputs = args.x.shape[3], outputs = args.dy.shape[3];
  const Tiles tiles(args.dy.shape);
  const int64_t du_stride = outputs * inputs + kSkew, part_stride = kWinogradFrequencies * du_stride;
  // Threads take different tiles, each with its own sums, or share the sums and take different output channels.
  const bool split_tiles = part_stride * static_cast<int64_t>(sizeof(float)) <= kMaxPartialBytes;
  const int64_t parts = split_tiles ? std::min(threads, CeilDiv(tiles.count, kGradientBlockWords / 4)) : 1;
  const int64_t part_tiles = CeilDiv(tiles.count, parts);
  const int64_t slice_channels = CeilDiv(CeilDiv(outputs, split_tiles ? 1 : threads), kernels.lanes) * kernels.lanes;
  const int64_t slices = CeilDiv(outputs, slice_channels);
  const int64_t block_words = std::min(kGradientBlockWords, CeilDiv(part_tiles, pair)), block = block_words * pair;

  const int64_t v_stride = block_words * inputs + kSkew;
  const int64_t m_row = slice_channels + kSkew, m_stride = block_words * m_row + kSkew;
  const int64_t scratch_floats = kWinogradFrequencies * (v_stride + m_stride);
  const PoolBuffer scratch(CpuPool(), static_cast<size_t>(threads * scratch_floats) * sizeof(float));
  const PoolBuffer sums(CpuPool(), static_cast<size_t>(parts * part_stride) * sizeof(float));

#pragma omp parallel for num_threads(threads) schedule(static, 1)
  for (int64_t task = 0; task < parts * slices; ++task) {
    const int64_t part = task / slices, channel = task % slices * slice_channels;
    const int64_t channels = std::min(slice_channels, outputs - channel);
    WinogradWord* const v = scratch.as<WinogradWord>() + omp_get_thread_num() * scratch_floats;
    WinogradWord* const m = v + kWinogradFrequencies * v_stride;
    float* const du = sums.as<float>() + part * part_stride + channel * inputs;
    const int64_t begin = part * part_tiles, end = std::min(tiles.count, begin + part_tiles);
    for (int64_t first = begin; first < end; first += block) {
      const PanelLayout layout = {CeilDiv(std::min(block, end - first), pair), inputs, kernels.panel};
      for (int64_t row = 0; row < layout.rows; ++row) {
        const int64_t i = first + row * pair;
        for (int64_t column = 0; column < inputs; column += layout.panel) {
          const WordWindows x(args.x, tiles, i, end, pair, kWinogradPatch, args.geometry.pad_h, column);
          kernels.input_patches(x.windows, layout.Width(column), v + layout.Offset(row, column), v_stride);
        }
        const WordWindows dy(args.dy, tiles, i, end, pair, kWinogradTile, 0, channel);
        kernels.gradient_tiles(dy.windows, channels, m + row * m_row, m_stride);
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
