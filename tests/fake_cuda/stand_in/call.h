// The frame of every function of the stand-in: one lock, a count, the name for messages, and failures that tests
// inject.
//
//   cublasStatus_t cublasCreate_v2(cublasHandle_t* handle) {
//     const Call call("cublasCreate");
//     if (call.failure()) return static_cast<cublasStatus_t>(*call.failure());
//     ...
#ifndef TESTS_FAKE_CUDA_STAND_IN_CALL_H_
#define TESTS_FAKE_CUDA_STAND_IN_CALL_H_

#include <mutex>
#include <optional>
#include <string>

#include "tests/fake_cuda/stand_in/fake_cuda.h"

namespace fake_cuda {

class Call {
 public:
  explicit Call(const char* function);
  ~Call();
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  const std::optional<int>& failure() const { return failure_; }

 private:
  std::unique_lock<std::recursive_mutex> lock_;
  std::string outer_context_;
  std::optional<int> failure_;
};

// Counted under a kernel's name.
void CountLaunch(const std::string& kernel);

Counters& MutableCounters();
// Both are cudaError_t: the next result of cudaGetLastError, and the result of every call once a GPU is lost.
int& LastError();
int& UnrecoverableError();
bool IsUnrecoverable(int error);
int DeviceCount();
size_t DeviceMemory();

// The lock that Call holds; fault handlers take it too.
std::recursive_mutex& GlobalMutex();

}  // namespace fake_cuda

#endif  // TESTS_FAKE_CUDA_STAND_IN_CALL_H_
