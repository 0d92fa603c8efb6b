// UpFirDn2d as two separable passes. A block computes a tile of outputs for some channels. It resamples every input row
// that the tile needs along W into shared memory, and resamples these rows along H.
#include <algorithm>

#include "engine/backend/cuda/cuda_kernels.h"
#include "engine/backend/cuda/kernels/axis_tables.h"
#include "engine/backend/cuda/kernels/device_functions.cuh"
#include "engine/backend/cuda/kernels/dispatch.h"
#include "engine/backend/cuda/kernels/index_map.h"
#include "engine/backend/cuda/launch/launch.h"
#include "engine/base/check.h"

namespace sg::cuda {
namespace {

constexpr int kThreads = 256;
constexpr int kChannels = 4;            // loaded together if their number is a multiple
constexpr int kMostChannelBytes = 128;  // per pixel of a tile, in f32: one access of a warp
constexpr int kMostShared = 32 << 10;

// An AxisTable as a kernel parameter.
struct DeviceAxis {
  const int32_t* begin;
  const float* weight;
  int in_length, out_length, width;
};

struct Tile {
  int rows, columns;  // of outputs
  int in_rows;        // the largest number of input rows that a tile reads
  int packs;          // channel packs of a pixel
  int across, down;   // tiles per image
  int channel_tiles;
  FastDivisor by_packs, by_line;  // line: the packs in one row of the tile
};

template <int kCount, typename T>
__device__ Pack<float, kCount> LoadFloats(const T* from) {
  const Pack<T, kCount> pack = LoadPack<kCount>(from);
  Pack<float, kCount> floats;
  for (int k = 0; k < kCount; ++k) floats.v[k] = ToFloat(pack.v[k]);
  return floats;
}

__device__ inline int Least(int a, int b) { return a < b ? a : b; }

// Grid: x is the tile of an image, y the channel tile, z the image (with stride gridDim.z). A thread handles kCount
// channels at a time.
template <typename T, int kCount>
__global__ void UpFirDn2dKernel(const T* x, T* y, DeviceAxis h, DeviceAxis w, Tile tile, int images, int channels) {
  using Floats = Pack<float, kCount>;
  Floats* rows = DynamicShared<Floats>();  // [in_rows][columns][packs] of the tile
  const int thread = static_cast<int>(threadIdx.x);
  const int row0 = static_cast<int>(blockIdx.x) / tile.across * tile.rows;
  const int column0 = static_cast<int>(blockIdx.x) % tile.across * tile.columns;
  const int channel0 = static_cast<int>(blockIdx.y) * tile.packs * kCount;
  const int row_count = Least(tile.rows, h.out_length - row0);
  const int column_count = Least(tile.columns, w.out_length - column0);
  const int pack_count = Least(tile.packs, (channels - channel0) / kCount);
  const int first_row = h.begin[row0];
  const int in_rows = h.begin[row0 + row_count - 1] + h.width - first_row;
  const int line = tile.columns * tile.packs;

  for (int n = static_cast<int>(blockIdx.z); n < images; n += static_cast<int>(gridDim.z)) {
    const T* image = x + static_cast<int64_t>(n) * h.in_length * w.in_length * channels + channel0;
    for (int i = thread; i < in_rows * line; i += kThreads) {
      const int row = static_cast<int>(tile.by_line.Divide(i)), at = i - row * line;
      const int column = static_cast<int>(tile.by_packs.Divide(at)), pack = at - column * tile.packs;
      if (column >= column_count || pack >= pack_count) continue;
      const int o = column0 + column;
      const T* from =
          image + (static_cast<int64_t>(first_row + row) * w.in_length + w.begin[o]) * channels + pack * kCount;
      const float* weight = w.weight + o * w.width;
      Floats sum = {};
      for (int k = 0; k < w.width; ++k) {
        const Floats in = LoadFloats<kCount>(from + k * channels);
        for (int c = 0; c < kCount; ++c) sum.v[c] += weight[k] * in.v[c];
      }
      rows[i] = sum;
    }
    __syncthreads();
    T* out = y + static_cast<int64_t>(n) * h.out_length * w.out_length * channels + channel0;
    for (int i = thread; i < row_count * line; i += kThreads) {
      const int row = static_cast<int>(tile.by_line.Divide(i)), at = i - row * line;
      const int column = static_cast<int>(tile.by_packs.Divide(at)), pack = at - column * tile.packs;
      if (column >= column_count || pack >= pack_count) continue;
      const int o = row0 + row;
      const Floats* from = rows + (h.begin[o] - first_row) * line + at;
      const float* weight = h.weight + o * h.width;
      Floats sum = {};
      for (int k = 0; k < h.width; ++k) {
        for (int c = 0; c < kCount; ++c) sum.v[c] += weight[k] * from[k * line].v[c];
      }
      Pack<T, kCount> result;
      for (int c = 0; c < kCount; ++c) result.v[c] = FromFloat<T>(sum.v[c]);
      StorePack(out + (static_cast<int64_t>(o) * w.out_length + column0 + column) * channels + pack * kCount, result);
    }
    __syncthreads();
  }
}

// Chooses tiles of about 2048 packs of outputs if shared memory permits. That gives every thread several packs, and few
// input rows are read by two tiles.
Tile MakeTile(const AxisTable& h, const AxisTable& w, int packs, int pack_bytes) {
  constexpr int kOutputs = 2048, kMostRows = 16;
  Tile tile;
  tile.packs = std::min(packs, kMostChannelBytes / pack_bytes);
  tile.rows = std::min(h.out_length, kMostRows);
  tile.columns = std::clamp(kOutputs / (tile.rows * tile.packs), 1, w.out_length);
  while (true) {
    tile.in_rows = h.Reach(tile.rows);
    if (tile.in_rows * tile.columns * tile.packs * pack_bytes <= kMostShared) break;
    SG_CHECK(tile.rows > 1 || tile.columns > 1)
        << "[UpFirDn2d] one output reads " << tile.in_rows << " rows, more than shared memory holds";
    int& larger = tile.columns > 1 ? tile.columns : tile.rows;
    larger = (larger + 1) / 2;
  }
  tile.across = (w.out_length + tile.columns - 1) / tile.columns;
  tile.down = (h.out_length + tile.rows - 1) / tile.rows;
  tile.channel_tiles = (packs + tile.packs - 1) / tile.packs;
  tile.by_packs = FastDivisor(static_cast<uint32_t>(tile.packs));
  tile.by_line = FastDivisor(static_cast<uint32_t>(tile.columns * tile.packs));
  return tile;
}

DeviceAxis OnDevice(const AxisTable& table) {
  return {table.begin, table.weight, table.in_length, table.out_length, table.width};
}

template <typename T, int kCount>
void LaunchUpFirDn2d(Context& context, const UpFirDn2dArgs& args, const AxisTable& h, const AxisTable& w) {
  constexpr int kMostGridZ = 65535;
  constexpr int kPackBytes = kCount * static_cast<int>(sizeof(float));
  const int images = static_cast<int>(args.x.shape.dim(0)), channels = static_cast<int>(args.x.shape.dim(3));
  const Tile tile = MakeTile(h, w, channels / kCount, kPackBytes);
  const dim3 grid(static_cast<unsigned>(tile.across * tile.down), static_cast<unsigned>(tile.channel_tiles),
                  static_cast<unsigned>(std::min(images, kMostGridZ)));
  const int shared = tile.in_rows * tile.columns * tile.packs * kPackBytes;
  Launch("UpFirDn2dKernel", UpFirDn2dKernel<T, kCount>, grid, kThreads, static_cast<size_t>(shared), context.stream(),
         args.x.as<T>(), args.y.as<T>(), OnDevice(h), OnDevice(w), tile, images, channels);
}

const AxisTable& TableOf(Context& context, const UpFirDn2dArgs& args, const FirAxis& axis, int dim) {
  const int64_t length = args.transposed ? args.y.shape.dim(dim) : args.x.shape.dim(dim);
  return context.axis_tables().Get(context, axis, args.edge, args.transposed, length);
}

}  // namespace

void CudaKernels::UpFirDn2d(const UpFirDn2dArgs& args) {
  const Shape& in = args.x.shape;
  if (args.x.NumElements() == 0) return;
  context_.queue().Before({args.x}, {args.y});
  const AxisTable& h = TableOf(context_, args, args.h, 1);
  const AxisTable& w = TableOf(context_, args, args.w, 2);
  DispatchFloat("UpFirDn2d", args.x.dtype, [&](auto type) {
    using T = decltype(type);
    const bool packs = in.dim(3) % kChannels == 0 && IsAligned(args.x.data, args.y.data);
    packs ? LaunchUpFirDn2d<T, kChannels>(context_, args, h, w) : LaunchUpFirDn2d<T, 1>(context_, args, h, w);
  });
}

}  // namespace sg::cuda
