#include "tests/fake_cuda/stand_in/cudnn_pointwise.h"

#include <algorithm>
#include <set>

#include "tests/fake_cuda/stand_in/check.h"
#include "tests/fake_cuda/stand_in/cudnn_tensor.h"

namespace fake_cuda {
namespace {

struct PointwiseOperation {
  cudnnPointwiseMode_t mode;
  double slope;  // of CUDNN_POINTWISE_RELU_FWD
  const BackendObject *x, *b, *y;
};

PointwiseOperation Read(const BackendObject& operation) {
  FAKE_CUDA_CHECK(operation.type == CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR)
      << "a convolution is followed by an operation of type " << operation.type;
  const BackendObject& function = PartOf(operation, CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR);
  FAKE_CUDA_CHECK(ValueOf<cudnnDataType_t>(function, CUDNN_ATTR_POINTWISE_MATH_PREC) == CUDNN_DATA_FLOAT)
      << "pointwise arithmetic of another type than f32";
  PointwiseOperation op = {};
  op.mode = ValueOf<cudnnPointwiseMode_t>(function, CUDNN_ATTR_POINTWISE_MODE);
  op.x = &PartOf(operation, CUDNN_ATTR_OPERATION_POINTWISE_XDESC);
  op.y = &PartOf(operation, CUDNN_ATTR_OPERATION_POINTWISE_YDESC);
  const std::vector<BackendObject*> b = PartsOf(operation, CUDNN_ATTR_OPERATION_POINTWISE_BDESC);
  const std::vector<double> slope = ValuesOf<double>(function, CUDNN_ATTR_POINTWISE_RELU_LOWER_CLIP_SLOPE);
  const bool is_relu = op.mode == CUDNN_POINTWISE_RELU_FWD;
  switch (op.mode) {
    case CUDNN_POINTWISE_IDENTITY:
    case CUDNN_POINTWISE_RELU_FWD: FAKE_CUDA_CHECK(b.empty()) << "an operand for a function of one argument"; break;
    case CUDNN_POINTWISE_ADD:
    case CUDNN_POINTWISE_MUL:
    case CUDNN_POINTWISE_MIN:
    case CUDNN_POINTWISE_MAX: FAKE_CUDA_CHECK(b.size() == 1) << "no operand for a function of two arguments"; break;
    default: FAKE_CUDA_CHECK(false) << "pointwise mode " << op.mode;
  }
  FAKE_CUDA_CHECK(is_relu == !slope.empty()) << "a slope goes with a ReLU";
  if (!b.empty()) op.b = b[0];
  if (is_relu) op.slope = slope[0];
  return op;
}

double Apply(const PointwiseOperation& op, double x, double b) {
  switch (op.mode) {
    case CUDNN_POINTWISE_ADD: return x + b;
    case CUDNN_POINTWISE_MUL: return x * b;
    case CUDNN_POINTWISE_MIN: return std::min(x, b);
    case CUDNN_POINTWISE_MAX: return std::max(x, b);
    case CUDNN_POINTWISE_RELU_FWD: return x > 0 ? x : op.slope * x;
    default: return x;
  }
}

bool IsBroadcast(const Extents& from, const Extents& to) {
  const auto fits = [](int64_t a, int64_t b) { return a == b || a == 1; };
  return fits(from.n, to.n) && fits(from.c, to.c) && fits(from.h, to.h) && fits(from.w, to.w);
}

// The element of a tensor of extents `e` that is broadcast to this place.
int64_t At(const Extents& e, int64_t n, int64_t c, int64_t h, int64_t w) {
  const auto index = [](int64_t i, int64_t extent) { return extent == 1 ? 0 : i; };
  return ((index(n, e.n) * e.h + index(h, e.h)) * e.w + index(w, e.w)) * e.c + index(c, e.c);
}

}  // namespace

bool PointwiseChain::IsIdentity() const {
  return operations.size() == 1 && Read(*operations[0]).mode == CUDNN_POINTWISE_IDENTITY;
}

PointwiseChain ReadPointwise(const std::vector<BackendObject*>& operations, size_t first,
                             const BackendObject* convolved) {
  FAKE_CUDA_CHECK(IsVirtual(*convolved)) << "pointwise operations do not read the convolution's virtual result";
  PointwiseChain chain;
  chain.convolved = convolved;
  std::set<const BackendObject*> made = {convolved}, unread = {convolved};
  for (size_t i = first; i < operations.size(); ++i) {
    const PointwiseOperation op = Read(*operations[i]);
    for (const BackendObject* in : {op.x, op.b}) {
      if (in == nullptr) continue;
      unread.erase(in);
      FAKE_CUDA_CHECK(!IsVirtual(*in) || made.count(in) == 1) << "a virtual tensor is read before it is made";
      FAKE_CUDA_CHECK(!IsByValue(*in) || (ExtentsOf(*in) == Extents{1, 1, 1, 1}))
          << "a tensor by value of many numbers";
      FAKE_CUDA_CHECK(IsBroadcast(ExtentsOf(*in), ExtentsOf(*op.y))) << "an operand does not fit the result";
      if (!IsVirtual(*in)) chain.operands.push_back(in);
    }
    FAKE_CUDA_CHECK(made.insert(op.y).second) << "a tensor is made twice";
    unread.insert(op.y);
    chain.operations.push_back(operations[i]);
    chain.output = op.y;
  }
  FAKE_CUDA_CHECK(unread.size() == 1 && *unread.begin() == chain.output && !IsVirtual(*chain.output))
      << "the graph does not end in one output";
  FAKE_CUDA_CHECK(ExtentsOf(*chain.output) == ExtentsOf(*convolved)) << "the output has another shape";
  return chain;
}

std::vector<double> RunPointwise(const PointwiseChain& chain, const std::vector<double>& convolved,
                                 const std::map<const BackendObject*, std::vector<double>>& values) {
  std::map<const BackendObject*, std::vector<double>> all = values;
  all[chain.convolved] = convolved;
  for (const BackendObject* operation : chain.operations) {
    const PointwiseOperation op = Read(*operation);
    const Extents to = ExtentsOf(*op.y), x_extents = ExtentsOf(*op.x);
    const Extents b_extents = op.b != nullptr ? ExtentsOf(*op.b) : x_extents;
    const std::vector<double>&x = all.at(op.x), &b = all.at(op.b != nullptr ? op.b : op.x);
    std::vector<double> y;
    y.reserve(static_cast<size_t>(to.count()));
    for (int64_t n = 0; n < to.n; ++n) {
      for (int64_t h = 0; h < to.h; ++h) {
        for (int64_t w = 0; w < to.w; ++w) {
          for (int64_t c = 0; c < to.c; ++c) {
            y.push_back(Apply(op, x[static_cast<size_t>(At(x_extents, n, c, h, w))],
                              b[static_cast<size_t>(At(b_extents, n, c, h, w))]));
          }
        }
      }
    }
    all[op.y] = std::move(y);
  }
  return all.at(chain.output);
}

}  // namespace fake_cuda
