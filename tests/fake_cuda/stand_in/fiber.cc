#include "tests/fake_cuda/stand_in/fiber.h"

#include <sys/mman.h>

#include <memory>

#include "tests/fake_cuda/stand_in/check.h"

// Saves the callee-saved registers on the current stack, stores the stack pointer in *save, and continues on the stack
// `load`.
extern "C" void fake_cuda_switch_stack(void** save, void* load);
asm(R"(
.text
.globl fake_cuda_switch_stack
.type fake_cuda_switch_stack, @function
fake_cuda_switch_stack:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size fake_cuda_switch_stack, .-fake_cuda_switch_stack
)");

namespace fake_cuda {
namespace {

constexpr size_t kStackBytes = size_t{128} << 10;
constexpr size_t kGuardBytes = 4096;
constexpr int kSavedRegisters = 6;

struct Fiber {
  char* stack = nullptr;  // the lowest usable address
  void* pointer = nullptr;
  int thread = 0;
  bool ended = false;

  AddressRange range() const { return {stack, stack + kStackBytes}; }
};

struct Scheduler {
  void* pointer = nullptr;  // of the stack that Run was called on
  Fiber* running = nullptr;
  const std::function<void()>* body = nullptr;
  int barriers = 0;
  std::vector<std::unique_ptr<Fiber>> idle, waiting;
};

Scheduler& Global() {
  static Scheduler& scheduler = *new Scheduler;
  return scheduler;
}

void RunFiber() {
  Scheduler& scheduler = Global();
  (*scheduler.body)();
  scheduler.running->ended = true;
  fake_cuda_switch_stack(&scheduler.running->pointer, scheduler.pointer);
}

std::unique_ptr<Fiber> NewFiber() {
  auto fiber = std::make_unique<Fiber>();
  void* memory = mmap(nullptr, kGuardBytes + kStackBytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
  FAKE_CUDA_CHECK(memory != MAP_FAILED) << "no memory for the stack of a thread";
  mprotect(memory, kGuardBytes, PROT_NONE);
  fiber->stack = static_cast<char*>(memory) + kGuardBytes;
  return fiber;
}

// Makes the next switch to `fiber` begin RunFiber, with the stack aligned as after a call.
void Start(Fiber& fiber) {
  void** top = reinterpret_cast<void**>(fiber.stack + kStackBytes) - 1;
  *top-- = nullptr;  // where unwinders stop
  *top = reinterpret_cast<void*>(&RunFiber);
  fiber.pointer = top - kSavedRegisters;
  for (int i = 1; i <= kSavedRegisters; ++i) top[-i] = nullptr;
  fiber.ended = false;
}

}  // namespace

void RunBlock(int threads, bool backwards, const ResumeFiber& resume, const std::function<void()>& body) {
  Scheduler& scheduler = Global();
  scheduler.body = &body;
  scheduler.barriers = 0;
  const auto go_on = [&](std::unique_ptr<Fiber> fiber) {
    resume(fiber->thread, fiber->range());
    scheduler.running = fiber.get();
    fake_cuda_switch_stack(&scheduler.pointer, fiber->pointer);
    scheduler.running = nullptr;
    (fiber->ended ? scheduler.idle : scheduler.waiting).push_back(std::move(fiber));
  };
  for (int i = 0; i < threads; ++i) {
    if (scheduler.idle.empty()) scheduler.idle.push_back(NewFiber());
    std::unique_ptr<Fiber> fiber = std::move(scheduler.idle.back());
    scheduler.idle.pop_back();
    fiber->thread = backwards ? threads - 1 - i : i;
    Start(*fiber);
    go_on(std::move(fiber));
  }
  while (!scheduler.waiting.empty()) {
    std::vector<std::unique_ptr<Fiber>> fibers;
    fibers.swap(scheduler.waiting);
    FAKE_CUDA_CHECK(static_cast<int>(fibers.size()) == threads)
        << "__syncthreads is reached by " << fibers.size() << " of " << threads << " threads of the block, thread "
        << fibers.front()->thread << " among them; the others have returned";
    ++scheduler.barriers;
    for (auto& fiber : fibers) go_on(std::move(fiber));
  }
}

void BlockBarrier() {
  Scheduler& scheduler = Global();
  fake_cuda_switch_stack(&scheduler.running->pointer, scheduler.pointer);
}

int BlockBarriers() { return Global().barriers; }

}  // namespace fake_cuda
