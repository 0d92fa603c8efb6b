#include "engine/io/fault_injection.h"

#include <algorithm>
#include <cerrno>

#include "engine/base/check.h"

namespace sg::io {

FaultInjection::FaultInjection(const FaultPlan& plan) : plan_(plan) {
  SG_CHECK(plan.first >= 1 && plan.every >= 0)
      << "[FaultInjection] first " << plan.first << ", every " << plan.every << ", but calls are counted from 1";
  SG_CHECK(plan.error != EINTR || plan.every != 1) << "[FaultInjection] a call that is always interrupted never ends";
  internal::FaultSource* none = nullptr;
  SG_CHECK(internal::fault_source.compare_exchange_strong(none, this)) << "[FaultInjection] there is one already";
}

FaultInjection::~FaultInjection() { internal::fault_source = nullptr; }

internal::Fault FaultInjection::Next(SystemCall call) {
  const bool counted =
      plan_.calls.empty() || std::find(plan_.calls.begin(), plan_.calls.end(), call) != plan_.calls.end();
  if (!counted) return {};
  const int64_t past_first = ++calls_ - plan_.first;
  const bool chosen = past_first == 0 || (past_first > 0 && plan_.every > 0 && past_first % plan_.every == 0);
  if (!chosen) return {};
  ++faults_;
  return {plan_.error, plan_.max_bytes};
}

}  // namespace sg::io
