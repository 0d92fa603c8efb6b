// Argument checks for every kernel, shared by all backends. Each function aborts, naming the kernel and the operands,
// if shapes or dtypes do not fit together, a buffer is missing, or a parameter is out of range.
//
//   CheckArgs(UnaryArgs{x, y, UnaryFn::kExp});  // "[Unary] y must be f32[2,3], got f32[3,2]"
#ifndef ENGINE_BACKEND_CHECK_ARGS_H_
#define ENGINE_BACKEND_CHECK_ARGS_H_

#include "engine/backend/kernel_args.h"

namespace sg {

void CheckArgs(const FillArgs& args);
void CheckArgs(const UnaryArgs& args);
void CheckArgs(const BinaryArgs& args);
void CheckArgs(const WhereArgs& args);
void CheckArgs(const CastArgs& args);
void CheckArgs(const StridedCopyArgs& args);
void CheckArgs(const ReduceArgs& args);
void CheckArgs(const WeightEnergyArgs& args);
void CheckArgs(const MatMulArgs& args);
void CheckArgs(const Conv2dArgs& args);
void CheckArgs(const Conv2dInputGradArgs& args);
void CheckArgs(const Conv2dWeightGradArgs& args);
void CheckArgs(const UpFirDn2dArgs& args);
void CheckArgs(const AffineSampleArgs& args);
void CheckArgs(const BiasActArgs& args);
void CheckArgs(const BiasActGradArgs& args);
void CheckArgs(const RandomArgs& args);
void CheckArgs(const AdamStepArgs& args);
void CheckArgs(const LerpArgs& args);
void CheckArgs(const SquaredNormArgs& args);

}  // namespace sg

#endif  // ENGINE_BACKEND_CHECK_ARGS_H_
