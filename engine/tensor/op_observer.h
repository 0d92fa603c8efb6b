// For profilers: who watches what runs. Without an observer all of this costs a comparison with null.
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

// Before and After are called around every operation that Apply runs, on the thread that runs it. What writes in place or
// draws random numbers is no Op and is seen as a scope. On an asynchronous backend After may come before the work is done.
class OpObserver {
 public:
  virtual ~OpObserver() = default;
  virtual void Before(const Op& op, absl::Span<const Tensor> inputs, const Tensor& output) = 0;
  virtual void After(const Op& op, absl::Span<const Tensor> inputs, const Tensor& output) = 0;
  // Scopes nest. `name` is a literal.
  virtual void BeginScope(const char* /*name*/) {}
  virtual void EndScope() {}
};

// One observer for the whole process; null for none. Set it while no operation runs.
void SetOpObserver(OpObserver* observer);
OpObserver* CurrentOpObserver();

// Tells the observer that what runs during the life of this object belongs together. `name` is a literal: that of the
// function. An observer that is set meanwhile is told nothing of this scope, one that is removed is not told its end.
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
