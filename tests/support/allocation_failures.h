// Memory that runs out at one allocation after the other, in C++ and in the C libraries. A test that links this library
// has its calls of malloc, calloc and realloc counted.
//
//   WithAllocationsFailing([&] { return Decode(bytes).status(); },
//                          [&](const absl::Status& status) { ExpectNoMemory(status); });
//
#ifndef TESTS_SUPPORT_ALLOCATION_FAILURES_H_
#define TESTS_SUPPORT_ALLOCATION_FAILURES_H_

#include <cstdint>
#include <functional>

#include "absl/status/status.h"

namespace sg {

// Calls work() inside CatchDeviceFailure again and again, with a later allocation failing each time, until it makes no
// more of them. Only one fails in each run, on whatever thread. Calls check() after each run with the status of `work`
// or of CatchDeviceFailure. Without failures `work` must succeed.
//
// Only every `stride`-th allocation fails, as some work makes thousands. At night (nightly.h) each of the first 2000
// does, too.
void WithAllocationsFailing(const std::function<absl::Status()>& work,
                            const std::function<void(const absl::Status&)>& check, int64_t stride = 1);

// The same in a child process each time, as in a program: FailDeviceWhenNewFails is on, so a C++ allocation that fails
// ends the child through FailDevice. Every child must end with a status of work() or with kDeviceFailureExitCode, and
// not by a signal. Calls check() after each child, with whether work() succeeded in it. The caller must have only one
// thread.
void WithAllocationsFailingInChildren(const std::function<absl::Status()>& work,
                                      const std::function<void(bool succeeded)>& check, int64_t stride);

// A success, because the code could do without the memory, or an error that means a lack of memory.
void ExpectNoMemory(const absl::Status& status);

}  // namespace sg

#endif  // TESTS_SUPPORT_ALLOCATION_FAILURES_H_
