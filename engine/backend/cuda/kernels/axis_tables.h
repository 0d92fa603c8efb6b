// AxisTaps on the device. A table is uploaded once per axis and length and kept for the lifetime of the backend.
#ifndef ENGINE_BACKEND_CUDA_KERNELS_AXIS_TABLES_H_
#define ENGINE_BACKEND_CUDA_KERNELS_AXIS_TABLES_H_

#include <cstdint>
#include <vector>

#include "engine/backend/common/axis_taps.h"
#include "engine/backend/common/byte_key.h"
#include "engine/backend/kernel_args.h"

namespace sg::cuda {

class Context;
class Pool;

// The table of an axis as the kernel reads it: out[o] = sum over k < width of weight[o * width + k] * in[begin[o] + k].
struct AxisTable {
  const int32_t* begin = nullptr;  // on the device; nondecreasing
  const float* weight = nullptr;   // on the device
  int in_length = 0, out_length = 0, width = 0;
  std::vector<int32_t> host_begin;

  // The largest number of inputs that a tile of `tile` neighboring outputs reads. Tiles start at multiples of `tile`.
  int Reach(int tile) const;
};

class AxisTables {
 public:
  // The map from `length` samples, or with `transposed` its adjoint, which gives `length` samples.
  const AxisTable& Get(Context& context, const FirAxis& axis, EdgeMode edge, bool transposed, int64_t length);
  void Clear(Context* context);

 private:
  ByteKeyMap<AxisTapsKey, AxisTable> tables_;
};

}  // namespace sg::cuda

#endif  // ENGINE_BACKEND_CUDA_KERNELS_AXIS_TABLES_H_
