// Counts by name the operations that run during its life.
//
//   OpCounter ops;
//   Grad({y}, {x});
//   EXPECT_EQ(ops.count("Conv2dWeightGrad"), 0);
#ifndef TESTS_SUPPORT_OP_COUNTER_H_
#define TESTS_SUPPORT_OP_COUNTER_H_

#include <map>
#include <string>

#include "absl/types/span.h"
#include "engine/tensor/op_observer.h"

namespace sg::testing {

class OpCounter final : public OpObserver {
 public:
  OpCounter() { SetOpObserver(this); }
  ~OpCounter() override { SetOpObserver(nullptr); }
  OpCounter(const OpCounter&) = delete;
  OpCounter& operator=(const OpCounter&) = delete;

  void Before(const Op&, absl::Span<const Tensor>, const Tensor&) override { ++begun_; }
  void After(const Op& op, absl::Span<const Tensor>, const Tensor&) override {
    ++total_;
    ++counts_[op.name()];
  }

  int count(const std::string& name) const {
    const auto found = counts_.find(name);
    return found == counts_.end() ? 0 : found->second;
  }
  int total() const { return total_; }
  int begun() const { return begun_; }

 private:
  std::map<std::string, int> counts_;
  int begun_ = 0, total_ = 0;
};

}  // namespace sg::testing

#endif  // TESTS_SUPPORT_OP_COUNTER_H_
