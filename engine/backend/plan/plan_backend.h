// The planning backend: counts memory and computes nothing. A training step on it takes milliseconds and reports the
// peak memory of the same step on a real device, since it allocates and frees in the same order.
//
// Buffers have sizes but no bytes. Copies to the host give zeros.
#ifndef ENGINE_BACKEND_PLAN_PLAN_BACKEND_H_
#define ENGINE_BACKEND_PLAN_PLAN_BACKEND_H_

#include "engine/backend/backend.h"

namespace sg {

// The only instance. Never null; lives until the process ends.
Backend* PlanBackend();

}  // namespace sg

#endif  // ENGINE_BACKEND_PLAN_PLAN_BACKEND_H_
