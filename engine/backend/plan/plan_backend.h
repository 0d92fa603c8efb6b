// The planning backend: counts memory and computes nothing. A training step on it takes milliseconds and tells the peak
// that the same step will have on a real device, because every allocation is made and returned in the same order.
//
// Buffers have sizes but no bytes, copies to the host give zeros.
#ifndef ENGINE_BACKEND_PLAN_PLAN_BACKEND_H_
#define ENGINE_BACKEND_PLAN_PLAN_BACKEND_H_

#include "engine/backend/backend.h"

namespace sg {

// The one instance; never null, lives until the process ends.
Backend* PlanBackend();

}  // namespace sg

#endif  // ENGINE_BACKEND_PLAN_PLAN_BACKEND_H_
