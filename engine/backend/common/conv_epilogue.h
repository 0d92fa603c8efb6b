// The epilogue of a convolution as a kernel of its own, for where no kernel has both.
//
//   if (!ChangesNothing(args.epilogue)) BiasAct(EpilogueInPlace(args));
#ifndef ENGINE_BACKEND_COMMON_CONV_EPILOGUE_H_
#define ENGINE_BACKEND_COMMON_CONV_EPILOGUE_H_

#include "engine/backend/kernel_args.h"

namespace sg {

inline bool ChangesNothing(const Conv2dEpilogue& e) {
  return e.scale.data == nullptr && e.bias.data == nullptr && e.noise.data == nullptr && e.in_gain == 1 &&
         e.slope == 1 && e.gain == 1 && !(e.clamp > 0);
}

// The epilogue applied to the convolution's result, which is in args.y.
inline BiasActArgs EpilogueInPlace(const Conv2dArgs& args) {
  const Conv2dEpilogue& e = args.epilogue;
  return {args.y, e.scale, e.bias, e.noise, e.strength, args.y, e.in_gain, e.slope, e.gain, e.clamp};
}

}  // namespace sg

#endif  // ENGINE_BACKEND_COMMON_CONV_EPILOGUE_H_
