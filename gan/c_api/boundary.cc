#include "gan/c_api/boundary.h"

#include <exception>
#include <mutex>
#include <new>
#include <shared_mutex>
#include <string>

#include "absl/strings/string_view.h"
#include "engine/base/device_failure.h"
#include "engine/io/printable.h"

struct sg2_error {
  sg2_code code;
  std::string message;
};

namespace sg::c_api {
namespace {

// For when there is no memory to describe an error. Never freed.
sg2_error& OutOfMemory() {
  static sg2_error error{SG2_OUT_OF_MEMORY, "out of memory"};  // short: takes no memory
  return error;
}

sg2_error* NewError(sg2_code code, absl::string_view message) {
  try {
    return new sg2_error{code, io::Printable(message)};
  } catch (const std::bad_alloc&) {
    return &OutOfMemory();
  }
}

std::shared_mutex& Calls() {
  static auto& mutex = *new std::shared_mutex;  // outlives the threads of a program that exits
  return mutex;
}

sg2_code CodeOf(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kOk: return SG2_OK;
    case absl::StatusCode::kInvalidArgument: return SG2_INVALID_ARGUMENT;
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kPermissionDenied: return SG2_CANNOT_READ;
    case absl::StatusCode::kDataLoss: return SG2_BAD_FILE;
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kUnimplemented: return SG2_UNSUPPORTED;
    case absl::StatusCode::kUnavailable: return SG2_UNAVAILABLE;
    case absl::StatusCode::kResourceExhausted: return SG2_OUT_OF_MEMORY;
    default: return SG2_INTERNAL;
  }
}

template <typename Lock>
sg2_code Run(sg2_error** error, const std::function<absl::Status()>& body) {
  if (error != nullptr) *error = nullptr;
  try {
    const Lock lock(Calls());
    absl::Status status;
    const absl::Status caught = CatchDeviceFailure([&] { status = body(); });
    if (!caught.ok()) status = caught;
    if (status.ok()) return SG2_OK;
    const sg2_code code = CodeOf(status.code());
    if (error != nullptr) *error = NewError(code, status.message());
    return code;
  } catch (const std::exception& exception) {
    if (error != nullptr) *error = NewError(SG2_INTERNAL, exception.what());
    return SG2_INTERNAL;
  }
}

}  // namespace

sg2_code Guard(sg2_error** error, const std::function<absl::Status()>& body) {
  return Run<std::shared_lock<std::shared_mutex>>(error, body);
}

sg2_code GuardAlone(sg2_error** error, const std::function<absl::Status()>& body) {
  return Run<std::unique_lock<std::shared_mutex>>(error, body);
}

}  // namespace sg::c_api

sg2_code sg2_error_code(const sg2_error* error) { return error == nullptr ? SG2_OK : error->code; }

const char* sg2_error_message(const sg2_error* error) { return error == nullptr ? "" : error->message.c_str(); }

void sg2_error_free(sg2_error* error) {
  if (error != &sg::c_api::OutOfMemory()) delete error;
}
