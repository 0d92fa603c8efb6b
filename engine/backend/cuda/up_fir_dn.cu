// UpFirDn2d: separable. A block makes a tile of outputs of some channels: it resamples along W every input row that the tile
// needs, into shared memory, and from there along H.
#include <algorithm>

#include "engine/backend/cuda/axis_tables.h"
#include "engine/backend/cuda/device_functions.cuh"
#include "engine/backend/cuda/dispatch.h"
#include "engine/backend/cuda/kernels.h"
#include "engine/backend/cuda/launch.h"

namespace sg::cuda {
namespace {

constexpr int kThreads = 256;
constexpr int kMostChannels = 32;  // of a tile: one warp reads 128 bytes of f32
constexpr int kMostShared = 32 << 10;

// An axis on the device.
struct DeviceAxis {
  const int32_t* begin;
  const float* weight;
  int in_length, out_length, width;
};

struct Tile {
  int rows, columns;  // of outputs
  int in_rows;        // the most input rows that a tile reads
  int channels;
  int across, down;   // tiles per image
  int channel_tiles;
};

// Grid: x tiles of one image, y channel tiles, z images (in turns).
template <typename T>
__global__ void UpFirDn2dKernel(const T* x, T* y, DeviceAxis h, DeviceAxis w, Tile tile, int images, int channels) {
  float* rows = DynamicShared<float>();  // [in_rows][columns][channels] of the tile
  const int thread = static_cast<int>(threadIdx.x);
  const int row0 = static_cast<int>(blockIdx.x) / tile.across * tile.rows;
  const int column0 = static_cast<int>(blockIdx.x) % tile.across * tile.columns;
  const int channel0 = static_cast<int>(blockIdx.y) * tile.channels;
  const int row_count = min(tile.rows, h.out_length - row0);
  const int column_count = min(tile.columns, w.out_length - column0);
  const int channel_count = min(tile.channels, channels - channel0);
  const int first_row = h.begin[row0];
  const int in_rows = h.begin[row0 + row_count - 1] + h.width - first_row;
  const int line = column_count * channel_count;

  for (int n = static_cast<int>(blockIdx.z); n < images; n += static_cast<int>(gridDim.z)) {
    const T* image = x + static_cast<int64_t>(n) * h.in_length * w.in_length * channels + channel0;
    for (int i = thread; i < in_rows * line; i += kThreads) {
      const int row = i / line, column = i % line / channel_count, channel = i % channel_count;
      const int o = column0 + column;
      const T* from =
          image + (static_cast<int64_t>(first_row + row) * w.in_length + w.begin[o]) * channels + channel;
      const float* weight = w.weight + o * w.width;
      float sum = 0;
      for (int k = 0; k < w.width; ++k) sum += weight[k] * ToFloat(from[k * channels]);
      rows[i] = sum;
    }
    __syncthreads();
    T* out = y + static_cast<int64_t>(n) * h.out_length * w.out_length * channels + channel0;
    for (int i = thread; i < row_count * line; i += kThreads) {
      const int row = i / line, at = i % line, column = at / channel_count, channel = at % channel_count;
      const int o = row0 + row;
      const float* from = rows + (h.begin[o] - first_row) * line + at;
      const float* weight = h.weight + o * h.width;
      float sum = 0;
      for (int k = 0; k < h.width; ++k) sum += weight[k] * from[k * line];
      out[(static_cast<int64_t>(o) * w.out_length + column0 + column) * channels + channel] = FromFloat<T>(sum);
    }
    __syncthreads();
  }
}

// About 2048 outputs a tile: few input rows are then read by two tiles, and a block has some work for each thread.
Tile MakeTile(const AxisTable& h, const AxisTable& w, int channels) {
  constexpr int kOutputs = 2048, kMostRows = 16;
  Tile tile;
  tile.channels = std::min(channels, kMostChannels);
  tile.rows = std::min(h.out_length, kMostRows);
  tile.columns = std::clamp(kOutputs / (tile.rows * tile.channels), 1, w.out_length);
  while (true) {
    tile.in_rows = h.Reach(tile.rows);
    const int bytes = tile.in_rows * tile.columns * tile.channels * static_cast<int>(sizeof(float));
    if (bytes <= kMostShared) break;
    SG_CHECK(tile.rows > 1 || tile.columns > 1)
        << "[UpFirDn2d] one output reads " << tile.in_rows << " rows, more than shared memory holds";
    if (tile.columns > 1) {
      tile.columns = (tile.columns + 1) / 2;
    } else {
      tile.rows = (tile.rows + 1) / 2;
    }
  }
  tile.across = (w.out_length + tile.columns - 1) / tile.columns;
  tile.down = (h.out_length + tile.rows - 1) / tile.rows;
  tile.channel_tiles = (channels + tile.channels - 1) / tile.channels;
  return tile;
}

DeviceAxis OnDevice(const AxisTable& table) {
  return {table.begin, table.weight, table.in_length, table.out_length, table.width};
}

const AxisTable& CheckedTable(Context& context, const char* name, const UpFirDn2dArgs& args, const FirAxis& axis,
                              int dim) {
  SG_CHECK(axis.taps >= 1 && axis.taps <= kMaxFirTaps && axis.up >= 1 && axis.down >= 1)
      << "[UpFirDn2d] axis " << name << ": " << axis.taps << " taps, up " << axis.up << ", down " << axis.down;
  const int64_t length = args.transposed ? args.y.shape.dim(dim) : args.x.shape.dim(dim);
  const AxisTable& table = context.axis_tables().Get(context, axis, args.edge, args.transposed, length);
  SG_CHECK(table.in_length == args.x.shape.dim(dim) && table.out_length == args.y.shape.dim(dim))
      << "[UpFirDn2d] axis " << name << " maps " << table.in_length << " to " << table.out_length
      << ", the tensors are " << args.x.shape << " and " << args.y.shape;
  return table;
}

}  // namespace

void UpFirDn2d(Context& context, const UpFirDn2dArgs& args) {
  const Shape &in = args.x.shape, &out = args.y.shape;
  SG_CHECK(in.rank() == 4 && out.rank() == 4 && in.dim(0) == out.dim(0) && in.dim(3) == out.dim(3) &&
           args.x.dtype == args.y.dtype)
      << "[UpFirDn2d] [N,H,W,C] with the same N, C and type expected, got " << args.x.dtype << in << " and "
      << args.y.dtype << out;
  if (args.x.NumElements() == 0) return;
  const AxisTable& h = CheckedTable(context, "H", args, args.h, 1);
  const AxisTable& w = CheckedTable(context, "W", args, args.w, 2);
  const int images = static_cast<int>(in.dim(0)), channels = static_cast<int>(in.dim(3));
  const Tile tile = MakeTile(h, w, channels);
  constexpr int kMostGridZ = 65535;
  const dim3 grid(static_cast<unsigned>(tile.across * tile.down), static_cast<unsigned>(tile.channel_tiles),
                  static_cast<unsigned>(std::min(images, kMostGridZ)));
  const size_t shared = sizeof(float) * tile.in_rows * tile.columns * tile.channels;
  DispatchFloat("UpFirDn2d", args.x.dtype, [&](auto type) {
    using T = decltype(type);
    Launch("UpFirDn2dKernel", UpFirDn2dKernel<T>, grid, kThreads, shared, context.stream(), args.x.as<T>(),
           args.y.as<T>(), OnDevice(h), OnDevice(w), tile, images, channels);
  });
}

}  // namespace sg::cuda
