// The reference backend: naive loops over every float type, without libraries. It specifies what each kernel computes:
// other backends are tested against it, and gradients are checked on it in f64.
#ifndef ENGINE_BACKEND_REF_REF_BACKEND_H_
#define ENGINE_BACKEND_REF_REF_BACKEND_H_

#include "engine/backend/backend.h"

namespace sg {

// The only instance. Never null; lives until the process ends.
Backend* RefBackend();

}  // namespace sg

#endif  // ENGINE_BACKEND_REF_REF_BACKEND_H_
