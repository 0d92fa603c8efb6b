#include "engine/runtime/step_scope.h"

#include "engine/runtime/backend_for.h"

namespace sg {

StepScope::StepScope(Device device, const std::string& key) : backend_(BackendFor(device)) { backend_.BeginStep(key); }

StepScope::~StepScope() { backend_.EndStep(); }

}  // namespace sg
