// The boundary of the C interface: Status and exceptions inside, codes and texts outside.
//
//   sg2_code sg2_get_info(const sg2_model* model, sg2_info* info, sg2_error** error) {
//     return Guard(error, [&]() -> absl::Status { ... });
//   }
#ifndef GAN_C_API_BOUNDARY_H_
#define GAN_C_API_BOUNDARY_H_

#include <functional>

#include "absl/status/status.h"
#include "gan/c_api/stylegan2.h"

namespace sg::c_api {

// Runs the body of a function of the interface inside CatchDeviceFailure, and beside other calls, but never beside
// GuardAlone. Returns the code of its error and stores the text in *error, unless `error` is null. A body that is wrong
// and throws is SG2_INTERNAL.
sg2_code Guard(sg2_error** error, const std::function<absl::Status()>& body);

// The same for a body that changes what all calls share: it waits for those in progress, and others wait for it.
sg2_code GuardAlone(sg2_error** error, const std::function<absl::Status()>& body);

}  // namespace sg::c_api

#endif  // GAN_C_API_BOUNDARY_H_
