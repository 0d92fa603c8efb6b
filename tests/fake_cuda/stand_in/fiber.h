// The threads of one block as fibers. Each has its own stack and runs until it ends or reaches a barrier.
#ifndef TESTS_FAKE_CUDA_STAND_IN_FIBER_H_
#define TESTS_FAKE_CUDA_STAND_IN_FIBER_H_

#include <functional>

#include "tests/fake_cuda/stand_in/kernel_context.h"

namespace fake_cuda {

// Called before a fiber runs, and again after each barrier, with the thread's number and its stack.
using ResumeFiber = std::function<void(int thread, const AddressRange& stack)>;

// Runs body() once per thread, in descending order of their numbers if `backwards`. A barrier fails if some threads of
// the block have returned before it.
void RunBlock(int threads, bool backwards, const ResumeFiber& resume, const std::function<void()>& body);

// From inside a body: waits for the other threads of the block.
void BlockBarrier();
// The number of barriers that the running block has passed.
int BlockBarriers();

}  // namespace fake_cuda

#endif  // TESTS_FAKE_CUDA_STAND_IN_FIBER_H_
