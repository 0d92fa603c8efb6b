#include "nn/optim/ema.h"

#include <algorithm>
#include <cmath>

#include "engine/ops/in_place.h"

namespace sg::nn {
namespace {

void CheckSameNames(const std::vector<NamedTensor>& a, const std::vector<NamedTensor>& b) {
  SG_CHECK(a.size() == b.size()) << "[Ema] " << a.size() << " and " << b.size() << " parameters";
  for (size_t i = 0; i < a.size(); ++i) {
    SG_CHECK(a[i].name == b[i].name) << "[Ema] " << a[i].name << " beside " << b[i].name;
  }
}

}  // namespace

void UpdateEma(const std::vector<NamedTensor>& average, const std::vector<NamedTensor>& current, double beta) {
  CheckSameNames(average, current);
  Lerp(Tensors(average), Tensors(current), 1 - beta);
}

void CopyParameters(const std::vector<NamedTensor>& target, const std::vector<NamedTensor>& source) {
  CheckSameNames(target, source);
  for (size_t i = 0; i < target.size(); ++i) {
    // Values that do not exist need no memory on the host.
    if (source[i].tensor.device() == Device::Plan()) continue;
    std::vector<uint8_t> values(source[i].tensor.NumBytes());
    source[i].tensor.ToHostBytes(values.data(), values.size());
    CopyFromHost(target[i].tensor, values.data(), values.size());
  }
}

double EmaBeta(const EmaSchedule& schedule) {
  double half_life = schedule.half_life_kimg * 1000;
  if (schedule.rampup > 0) half_life = std::min(half_life, schedule.images_seen * schedule.rampup);
  return std::pow(0.5, schedule.batch / std::max(half_life, 1e-8));
}

}  // namespace sg::nn
