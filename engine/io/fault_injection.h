// Makes system calls of engine/io fail, in tests. A program cannot use it: the target is `testonly`.
//
//   FaultPlan plan;
//   plan.calls = {SystemCall::kSync};
//   plan.error = EIO;
//   plan.every = 3;
//   const FaultInjection faults(plan);   // until it goes out of scope, every third fsync fails with EIO
//
// Calls of all threads are counted together.
#ifndef ENGINE_IO_FAULT_INJECTION_H_
#define ENGINE_IO_FAULT_INJECTION_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/io/system_calls.h"

namespace sg::io {

struct FaultPlan {
  std::vector<SystemCall> calls;  // those that are counted and may fail; empty: all
  // With an error, the chosen calls fail: ENOSPC, EIO, EDQUOT, EROFS, or EINTR, which no caller may notice. A close()
  // closes nevertheless, as that of Linux does. With 0, the chosen reads and writes transfer at most max_bytes.
  int error = 0;
  size_t max_bytes = SIZE_MAX;
  int64_t first = 1;  // the chosen calls are number `first`
  int64_t every = 0;  // and every `every`-th after it; 0: none after it
};

// At most one at a time in a process.
class FaultInjection final : internal::FaultSource {
 public:
  explicit FaultInjection(const FaultPlan& plan);
  ~FaultInjection() override;
  FaultInjection(const FaultInjection&) = delete;
  FaultInjection& operator=(const FaultInjection&) = delete;

  int64_t calls() const { return calls_; }    // of the kinds in the plan, so far
  int64_t faults() const { return faults_; }  // those of them that were chosen

 private:
  internal::Fault Next(SystemCall call) override;

  const FaultPlan plan_;
  std::atomic<int64_t> calls_{0}, faults_{0};
};

}  // namespace sg::io

#endif  // ENGINE_IO_FAULT_INJECTION_H_
