// AxisTaps on the device: uploaded once per axis and length, kept for the life of the backend.
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

// An axis as the kernel reads it: out[o] = sum over k < width of weight[o * width + k] * in[begin[o] + k].
struct AxisTable {
  const int32_t* begin = nullptr;  // on the device; never decreasing
  const float* weight = nullptr;   // on the device
  int in_length = 0, out_length = 0, width = 0;
  std::vector<int32_t> host_begin;

  // The most inputs that `tile` neighboring outputs read, for tiles that start at multiples of `tile`.
  int Reach(int tile) const;
};

class AxisTables {
 public:
  // The map from `length` samples, or its adjoint to `length` samples.
  const AxisTable& Get(Context& context, const FirAxis& axis, EdgeMode edge, bool transposed, int64_t length);
  void Clear(Context* context);

 private:
  ByteKeyMap<AxisTapsKey, AxisTable> tables_;
};

}  // namespace sg::cuda

#endif  // ENGINE_BACKEND_CUDA_KERNELS_AXIS_TABLES_H_
