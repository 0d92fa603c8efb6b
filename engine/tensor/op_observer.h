// Hooks for profilers. With no observer installed, each hook is one null check.
//
//   OpTimer timer;  // an OpObserver
//   SetOpObserver(&timer);
//   {
//     const TraceScope scope("Forward");  // BeginScope("Forward")
//     y = Exp(x);                         // Before(Exp, {x}, y), After(Exp, {x}, y)
//   }                                     // EndScope()
//   SetOpObserver(nullptr);
#ifndef ENGINE_TENSOR_OP_OBSERVER_H_
#define ENGINE_TENSOR_OP_OBSERVER_H_

#include "absl/types/span.h"
#include "engine/tensor/op.h"
#include "engine/tensor/tensor.h"

namespace sg {

// Before and After are called around every operation that Apply runs. Functions that write in place or draw random
// numbers are not operations; they appear as scopes. On an asynchronous backend, After may be called before the work is
// done.
class OpObserver {
 public:
  virtual ~OpObserver() = default;
  virtual void Before(const Op& op, absl::Span<const Tensor> inputs, const Tensor& output) = 0;
  virtual void After(const Op& op, absl::Span<const Tensor> inputs, const Tensor& output) = 0;
  // Scopes nest. `name` is a literal.
  virtual void BeginScope(const char* /*name*/) {}
  virtual void EndScope() {}
};

// Sets the observer of the calling thread, which sees the operations that this thread runs. Null removes it. A new
// thread has no observer.
void SetOpObserver(OpObserver* observer);
OpObserver* CurrentOpObserver();

// Groups the operations that run during the life of this object. `name` is a literal, usually the name of the function.
// Only the observer that was installed when the scope began sees the scope. If it is removed within the scope, it does
// not see the end.
class TraceScope {
 public:
  explicit TraceScope(const char* name) : observer_(CurrentOpObserver()) {
    if (observer_ != nullptr) observer_->BeginScope(name);
  }
  ~TraceScope() {
    if (observer_ != nullptr && observer_ == CurrentOpObserver()) observer_->EndScope();
  }
  TraceScope(const TraceScope&) = delete;
  TraceScope& operator=(const TraceScope&) = delete;

 private:
  OpObserver* const observer_;
};

}  // namespace sg

#endif  // ENGINE_TENSOR_OP_OBSERVER_H_
