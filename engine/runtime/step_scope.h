// Marks work that a device may run as a whole: a GPU with DeviceOptions::graphs does. See Backend::BeginStep.
//
//   {
//     const StepScope step(device, "G 32");
//     ... operations, none of which waits for the device ...
//   }
//   loss.Item();  // waits for the device, so it comes after the scope
#ifndef ENGINE_RUNTIME_STEP_SCOPE_H_
#define ENGINE_RUNTIME_STEP_SCOPE_H_

#include <string>

#include "engine/base/device.h"

namespace sg {

class Backend;

class StepScope {
 public:
  // `key` names the work. Work of one key should be nearly the same every time.
  StepScope(Device device, const std::string& key);
  ~StepScope();
  StepScope(const StepScope&) = delete;
  StepScope& operator=(const StepScope&) = delete;

 private:
  Backend& backend_;
};

}  // namespace sg

#endif  // ENGINE_RUNTIME_STEP_SCOPE_H_
