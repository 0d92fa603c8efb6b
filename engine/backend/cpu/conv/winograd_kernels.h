// The inner loops of the Winograd convolution F(4x4,3x3), compiled for several instruction sets. What they are put
// together to is in winograd_conv2d.cc; the mathematics in README.md.
//
// A tile is 4x4 output pixels. The patch that it reads is 6x6 input pixels, and its transform has as many values: the
// 36 "frequencies". Every function treats the channels of one tile as vectors and has no threads.
#ifndef ENGINE_BACKEND_CPU_CONV_WINOGRAD_KERNELS_H_
#define ENGINE_BACKEND_CPU_CONV_WINOGRAD_KERNELS_H_

#include <cstdint>

#include "engine/base/dtype.h"

namespace sg::cpu {

constexpr int64_t kWinogradTile = 4;
constexpr int64_t kWinogradPatch = 6;
constexpr int64_t kWinogradFrequencies = kWinogradPatch * kWinogradPatch;

// What the product multiplies: one f32, or a pair of bf16 that are neighbors in the depth of the product, the earlier
// one in the lower half. Declared as float for its size; nobody but the kernels looks into it.
using WinogradWord = float;

// Some pixels of an image [H,W,C], of which those in [h0,h1) x [w0,w1) exist. Strides count elements.
template <typename T>
struct PixelWindow {
  T* data;  // pixel (0, 0), whether it exists or not
  int64_t row_stride, pixel_stride;
  int64_t h0, h1, w0, w1;
};

// Rows of `columns` words, cut into panels of `panel` columns (the last may be narrower) that lie one after another,
// each dense and row-major: what the product below reads without gaps.
struct PanelLayout {
  int64_t rows, columns, panel;

  int64_t Width(int64_t column) const { return columns - column < panel ? columns - column : panel; }
  // Of the first word of a row in the panel that begins at `column`.
  int64_t Offset(int64_t row, int64_t column) const { return column * rows + row * Width(column); }
};

struct WinogradKernels {
  int64_t lanes;       // floats of a vector; numbers of channels must be multiples
  int64_t panel;       // columns that the product computes at once
  int64_t block_rows;  // rows that it computes at once
  int64_t pair;        // values of a word: 1 or 2

  // The transforms of what the product multiplies; frequency f is `stride` words behind frequency f - 1. Windows are of
  // the type of elements that the kernels were chosen for.
  //
  // v[w] = a word of B^T d B, of channels [pair * w, pair * (w + 1)) of a 6x6 patch of the input.
  void (*input_patch)(const PixelWindow<const void>& d, int64_t channels, WinogradWord* v, int64_t stride);
  // v[c] = a word of B^T d B, of channel c of `pair` patches.
  void (*input_patches)(const PixelWindow<const void>* d, int64_t channels, WinogradWord* v, int64_t stride);
  // m[c] = a word of A d A^T, of channel c of `pair` 4x4 tiles of the output's gradient.
  void (*gradient_tiles)(const PixelWindow<const void>* d, int64_t channels, WinogradWord* m, int64_t stride);
  // u[c] = a word of G g G^T, of channel c of `pair` 3x3 taps g[p * pair_stride + tap * tap_stride + c].
  void (*weight)(const float* g, int64_t pair_stride, int64_t tap_stride, int64_t channels, WinogradWord* u,
                 int64_t stride);
  // y[i, j] (+)= sum over k < depth of a[i * a_row + k * a_depth] * b[k, j]; words times words to f32. b in panels, y
  // row-major.
  void (*product)(const WinogradWord* a, int64_t a_row, int64_t a_depth, const WinogradWord* b,
                  const PanelLayout& b_layout, float* y, int64_t y_row, int64_t rows, bool accumulate);

  // y = A^T m A of m[f * stride + c], the pixels that exist.
  void (*output_tile)(const float* m, int64_t stride, int64_t channels, const PixelWindow<float>& y);
  // dg = G^T du G, of the sum over `parts` of du[part * part_stride + f * stride + c].
  void (*weight_gradient)(const float* du, int64_t stride, int64_t parts, int64_t part_stride, int64_t channels,
                          float* dg, int64_t tap_stride);
};

// The best for operands of f32 or bf16 on this processor, within the limits that are set for oneDNN
// (ONEDNN_MAX_CPU_ISA). bf16 is widened where the processor does not multiply it.
const WinogradKernels& BestWinogradKernels(DType operands);

}  // namespace sg::cpu

#endif  // ENGINE_BACKEND_CPU_CONV_WINOGRAD_KERNELS_H_
