// The inner loops of the Winograd convolution F(4x4,3x3), compiled for several instruction sets. winograd_conv2d.cc
// combines them into convolutions; README.md has the mathematics.
//
// A tile is 4x4 output pixels. It depends on a patch of 6x6 input pixels, whose transform has 36 values, the
// "frequencies". All functions vectorize over the channels of a tile and are single-threaded.
#ifndef ENGINE_BACKEND_CPU_CONV_WINOGRAD_KERNELS_H_
#define ENGINE_BACKEND_CPU_CONV_WINOGRAD_KERNELS_H_

#include <cstdint>

#include "engine/base/dtype.h"

namespace sg::cpu {

constexpr int64_t kWinogradTile = 4;
constexpr int64_t kWinogradPatch = 6;
constexpr int64_t kWinogradFrequencies = kWinogradPatch * kWinogradPatch;

// An operand of the product: one f32, or two bf16 that are adjacent in the depth of the product, the earlier one in the
// lower half. Declared as float for its size only; only the kernels interpret it.
using WinogradWord = float;

// A window onto an image [H,W,C]. Only its pixels in [h0,h1) x [w0,w1) exist. Strides are in elements.
template <typename T>
struct PixelWindow {
  T* data;  // pixel (0, 0), even if it does not exist
  int64_t row_stride, pixel_stride;
  int64_t h0, h1, w0, w1;
};

// A matrix with rows of `columns` words, stored as panels of `panel` columns. The last panel may be narrower. Panels
// lie one after another, each dense and row-major, so the product reads memory without gaps.
struct PanelLayout {
  int64_t rows, columns, panel;

  int64_t Width(int64_t column) const { return columns - column < panel ? columns - column : panel; }
  // The offset of the first word of a row in the panel that begins at `column`.
  int64_t Offset(int64_t row, int64_t column) const { return column * rows + row * Width(column); }
};

struct WinogradKernels {
  int64_t lanes;       // floats per vector; channel counts must be multiples
  int64_t panel;       // columns that the product computes at once
  int64_t block_rows;  // rows that the product computes at once
  int64_t pair;        // values per word: 1 or 2

  // The transforms of the product's operands. Frequency f starts `stride` words after frequency f - 1. Windows have the
  // element type for which the kernels were chosen.
  //
  // v[w] = word w of B^T d B, from channels [pair * w, pair * (w + 1)) of a 6x6 patch of the input.
  void (*input_patch)(const PixelWindow<const void>& d, int64_t channels, WinogradWord* v, int64_t stride);
  // v[c] = a word of B^T d B, from channel c of `pair` patches.
  void (*input_patches)(const PixelWindow<const void>* d, int64_t channels, WinogradWord* v, int64_t stride);
  // m[c] = a word of A d A^T, from channel c of `pair` 4x4 tiles of the gradient with respect to the output.
  void (*gradient_tiles)(const PixelWindow<const void>* d, int64_t channels, WinogradWord* m, int64_t stride);
  // u[c] = a word of G g G^T, from channel c of `pair` 3x3 taps g[p * pair_stride + tap * tap_stride + c].
  void (*weight)(const float* g, int64_t pair_stride, int64_t tap_stride, int64_t channels, WinogradWord* u,
                 int64_t stride);
  // y[i, j] (+)= sum over k < depth of a[i * a_row + k * a_depth] * b[k, j]. Multiplies words, sums in f32. b is in
  // panels, y is row-major.
  void (*product)(const WinogradWord* a, int64_t a_row, int64_t a_depth, const WinogradWord* b,
                  const PanelLayout& b_layout, float* y, int64_t y_row, int64_t rows, bool accumulate);

  // y = A^T m A of m[f * stride + c], for the pixels that exist.
  void (*output_tile)(const float* m, int64_t stride, int64_t channels, const PixelWindow<float>& y);
  // dg = G^T du G, where du is the sum over `parts` of du[part * part_stride + f * stride + c].
  void (*weight_gradient)(const float* du, int64_t stride, int64_t parts, int64_t part_stride, int64_t channels,
                          float* dg, int64_t tap_stride);
};

// The fastest kernels for operands of f32 or bf16 on this processor. Honors the instruction-set limit set for oneDNN
// (ONEDNN_MAX_CPU_ISA). If the processor does not multiply bf16, the kernels widen it to f32.
const WinogradKernels& BestWinogradKernels(DType operands);

}  // namespace sg::cpu

#endif  // ENGINE_BACKEND_CPU_CONV_WINOGRAD_KERNELS_H_
