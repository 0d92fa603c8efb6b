#include "engine/ops/in_place.h"

#include "engine/runtime/backend_for.h"
#include "engine/tensor/op.h"
#include "engine/tensor/op_observer.h"
#include "engine/tensor/storage.h"
#include "engine/tensor/tensor_access.h"

namespace sg {
namespace {

void CheckLeaf(const char* name, const Tensor& t) {
  SG_CHECK(internal::TensorAccess::Info(t).node == nullptr)
      << "[" << name << "] " << t << " is the result of a recorded operation, not a leaf";
}

void RaiseVersion(const Tensor& t) { internal::TensorAccess::StorageOf(t)->RaiseVersion(); }

void CheckSame(const char* name, const Tensor& a, const Tensor& b) {
  SG_CHECK(a.shape() == b.shape() && a.dtype() == b.dtype() && a.device() == b.device())
      << "[" << name << "] " << a << " on " << a.device() << " and " << b << " on " << b.device();
}

}  // namespace

void AdamStep(const AdamStepInputs& inputs, const AdamParams& params) {
  const TraceScope trace("AdamStep");
  const auto& [parameters, m, v, gradients, grad_scale, step] = inputs;
  const size_t n = parameters.size();
  const bool has_m = params.beta1 != 0;
  SG_CHECK(m.size() == (has_m ? n : 0) && v.size() == n && gradients.size() == n && step >= 1)
      << "[AdamStep] " << n << " parameters, " << m.size() << " and " << v.size() << " moments, " << gradients.size()
      << " gradients, step " << step;
  if (n == 0) return;
  std::vector<AdamTensor> tensors;
  for (size_t i = 0; i < n; ++i) {
    for (const Tensor* t : {&parameters[i], &v[i]}) CheckLeaf("AdamStep", *t);
    for (const Tensor* t : {&v[i], &gradients[i]}) CheckSame("AdamStep", parameters[i], *t);
    if (has_m) {
      CheckLeaf("AdamStep", m[i]);
      CheckSame("AdamStep", parameters[i], m[i]);
    }
    SG_CHECK(parameters[i].dtype() == grad_scale.dtype() && parameters[i].device() == grad_scale.device())
        << "[AdamStep] " << parameters[i] << " on " << parameters[i].device() << ", grad_scale " << grad_scale << " on "
        << grad_scale.device();
    tensors.push_back({parameters[i].view(), has_m ? m[i].view() : TensorView(), v[i].view(), gradients[i].view()});
  }
  BackendFor(parameters[0].device())
      .AdamStep({tensors, grad_scale.view(), params.lr, params.beta1, params.beta2, params.eps, step});
  for (const absl::Span<const Tensor> written : {parameters, m, v}) {
    for (const Tensor& t : written) RaiseVersion(t);
  }
}

void Lerp(const std::vector<Tensor>& targets, const std::vector<Tensor>& sources, double t) {
  const TraceScope trace("Lerp");
  SG_CHECK(targets.size() == sources.size())
      << "[Lerp] " << targets.size() << " targets, " << sources.size() << " sources";
  if (targets.empty()) return;
  std::vector<LerpPair> pairs;
  for (size_t i = 0; i < targets.size(); ++i) {
    CheckLeaf("Lerp", targets[i]);
    CheckSame("Lerp", targets[i], sources[i]);
    SG_CHECK(targets[i].device() == targets[0].device())
        << "[Lerp] targets on " << targets[0].device() << " and " << targets[i].device();
    pairs.push_back({targets[i].view(), sources[i].view()});
  }
  BackendFor(targets[0].device()).Lerp({pairs, t});
  for (const Tensor& target : targets) RaiseVersion(target);
}

Tensor SquaredNorm(const std::vector<Tensor>& tensors) {
  const TraceScope trace("SquaredNorm");
  SG_CHECK(!tensors.empty()) << "[SquaredNorm] no tensors";
  std::vector<TensorView> views;
  for (const Tensor& t : tensors) {
    SG_CHECK(t.dtype() == tensors[0].dtype() && t.device() == tensors[0].device())
        << "[SquaredNorm] " << t << " beside " << tensors[0];
    views.push_back(t.view());
  }
  Tensor norm = Tensor::Empty({1}, tensors[0].dtype(), tensors[0].device());
  BackendFor(norm.device()).SquaredNorm({views, norm.view()});
  return norm;
}

void CopyFromHost(const Tensor& target, const void* host, size_t bytes) {
  CheckLeaf("CopyFromHost", target);
  SG_CHECK(static_cast<int64_t>(bytes) == target.NumBytes()) << "[CopyFromHost] " << bytes << " bytes for " << target;
  if (bytes == 0) return;
  BackendFor(target.device()).CopyFromHost(target.view().data, host, bytes);
  RaiseVersion(target);
}

}  // namespace sg
