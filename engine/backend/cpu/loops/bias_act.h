// BiasAct of one pixel after another, for kernels that apply it to results while these are in the cache. The bits are
// those of CpuKernels::BiasAct.
//
//   const BiasActRows<float> rows(args);
//   rows.Run(x, image, pixel, 0, channels, y);
#ifndef ENGINE_BACKEND_CPU_LOOPS_BIAS_ACT_H_
#define ENGINE_BACKEND_CPU_LOOPS_BIAS_ACT_H_

#include <cstdint>

#include "engine/backend/cpu/loops/load_store.h"
#include "engine/backend/kernel_args.h"

namespace sg::cpu {

struct BiasActConstants {
  float in_gain, slope, gain, clamp;
};

// T is float or BFloat16. A missing operand is replaced by a 1 or 0 of stride 0.
template <typename T>
class BiasActRows {
 public:
  // Reads args.x and args.y for their shape only. The other operands must outlive this object.
  explicit BiasActRows(const BiasActArgs& args);
  BiasActRows(const BiasActRows&) = delete;
  BiasActRows& operator=(const BiasActRows&) = delete;

  // y = BiasAct of x, `count` channels from `channel` on. `image` counts images and `pixel` the pixels of all images.
  // x and y may be the same memory.
  void Run(const T* x, int64_t image, int64_t pixel, int64_t channel, int64_t count, T* y) const {
    row_(x, scale_ + (has_scale_ ? image * channels_ + channel : 0), bias_ + (has_bias_ ? channel : 0),
         noise_ + (has_noise_ ? pixel : 0), strength_, constants_, count, y);
  }
  // The pixels [begin, end) of one image with all their channels. x and y point to pixel `begin`.
  void RunPixels(const T* x, int64_t image, int64_t begin, int64_t end, T* y) const;

 private:
  using RowFunction = void (*)(const T* x, const T* scale, const T* bias, const T* noise, float strength,
                               BiasActConstants constants, int64_t count, T* y);
  template <bool kClamps>
  RowFunction ChooseRow() const;

  const BiasActConstants constants_;
  const int64_t channels_;
  const bool has_scale_, has_bias_, has_noise_;
  const T zero_ = T(), one_ = FromFloat<T>(1.0f);
  const T *const scale_, *const bias_, *const noise_;
  const float strength_;
  const bool clamps_;
  const RowFunction row_;
};

}  // namespace sg::cpu

#endif  // ENGINE_BACKEND_CPU_LOOPS_BIAS_ACT_H_
