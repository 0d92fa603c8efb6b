#include "tests/support/goldens.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "engine/autograd/grad.h"
#include "engine/ops/in_place.h"
#include "engine/ops/shape_ops.h"
#include "gtest/gtest.h"
#include "tests/support/tensors.h"

namespace sg::testing {
namespace {

// Relative to the largest gradient of a case. See tests/golden/README.md.
constexpr double kCancellation = 1e-6;

io::SafetensorsReader OpenOrDie(const std::string& file) {
  absl::StatusOr<io::SafetensorsReader> reader = io::SafetensorsReader::Open("tests/golden/" + file);
  SG_CHECK(reader.ok()) << "[Goldens] " << reader.status();
  return *std::move(reader);
}

double Norm(const std::vector<double>& values) {
  double sum = 0;
  for (double v : values) sum += v * v;
  return std::sqrt(sum);
}

double LargestMagnitude(const std::vector<double>& values) {
  double largest = 0;
  for (double v : values) largest = std::max(largest, std::fabs(v));
  return largest;
}

// The norm of the difference.
double Distance(const Tensor& got, const Tensor& want) {
  SG_CHECK(got.shape() == want.shape()) << "[Goldens] " << got << " compared with " << want;
  std::vector<double> difference = Values(got);
  const std::vector<double> w = Values(want);
  for (size_t i = 0; i < w.size(); ++i) difference[i] -= w[i];
  return Norm(difference);
}

bool IsBlurKernel(const std::string& name) {
  const std::string suffix = "smooth.kernel";
  return name.size() >= suffix.size() && name.compare(name.size() - suffix.size(), suffix.size(), suffix) == 0;
}

}  // namespace

double RelativeError(const Tensor& got, const Tensor& want) {
  const double distance = Distance(got, want), norm = Norm(Values(want));
  if (distance == 0) return 0;
  return distance / norm;
}

Goldens::Goldens(const std::string& file, Device device) : file_(OpenOrDie(file)), device_(device) {}

Tensor Goldens::Get(const std::string& name) const {
  const io::TensorInfo* info = file_.Find(name);
  SG_CHECK(info != nullptr) << "[Goldens] " << file_.path() << " has no " << name;
  const absl::StatusOr<std::vector<float>> values = file_.ReadAsFloat(name);
  SG_CHECK(values.ok()) << "[Goldens] " << values.status();
  const Tensor t = F32(info->shape, *values, device_);
  return t.shape().rank() == 4 ? Permute(t, {0, 2, 3, 1}) : t;
}

std::vector<std::string> Goldens::NamesUnder(const std::string& prefix) const {
  std::vector<std::string> names;
  for (const io::TensorInfo& info : file_.tensors()) {
    if (info.name.compare(0, prefix.size(), prefix) == 0) names.push_back(info.name.substr(prefix.size()));
  }
  return names;
}

void Goldens::Fill(const std::string& prefix, const std::vector<nn::NamedTensor>& parameters) const {
  std::set<std::string> filled;
  for (const nn::NamedTensor& p : parameters) {
    const Tensor value = Get(prefix + p.name);
    SG_CHECK(value.shape() == p.tensor.shape()) << "[Goldens] " << p.name << " is " << value << ", not " << p.tensor;
    const std::vector<float> host = value.ToHost<float>();
    CopyFromHost(p.tensor, host.data(), host.size() * sizeof(float));
    filled.insert(p.name);
  }
  for (const std::string& name : NamesUnder(prefix)) {
    EXPECT_TRUE(filled.count(name) == 1 || IsBlurKernel(name)) << "the module has no parameter " << prefix << name;
  }
}

void Goldens::ExpectClose(const std::string& name, const Tensor& got, double tolerance) const {
  const Tensor want = Get(name);
  ASSERT_EQ(got.shape(), want.shape()) << name;
  EXPECT_LE(RelativeError(got, want), tolerance) << name << " " << got;
}

void Goldens::ExpectGradients(const std::string& prefix, const std::vector<nn::NamedTensor>& got) const {
  std::set<std::string> unchecked;
  double largest = 0;
  for (const std::string& name : NamesUnder(prefix)) {
    unchecked.insert(name);
    largest = std::max(largest, LargestMagnitude(Values(Get(prefix + name))));
  }
  EXPECT_FALSE(unchecked.empty()) << prefix;
  for (const nn::NamedTensor& g : got) {
    const Tensor want = Get(prefix + g.name);
    ASSERT_EQ(g.tensor.shape(), want.shape()) << prefix << g.name;
    const double norm = Norm(Values(want)), floor = kCancellation * largest * std::sqrt(want.NumElements());
    EXPECT_LE(Distance(g.tensor, want), kGradientTolerance * norm + floor)
        << prefix << g.name << " " << want << " of norm " << norm << ", the case's largest element being " << largest;
    unchecked.erase(g.name);
  }
  for (const std::string& name : unchecked) ADD_FAILURE() << "no gradient was computed for " << prefix << name;
}

GoldenCase::GoldenCase(const std::string& name, Device device, const std::string& file)
    : file_(file, device), name_(name) {}

nn::InitContext GoldenCase::init() {
  nn::InitContext init;
  init.device = file_.device();
  init.random = &random_;
  return init;
}

void GoldenCase::Fill(const std::vector<nn::NamedTensor>& parameters) {
  file_.Fill(name_ + "/param/", parameters);
  leaves_.insert(leaves_.end(), parameters.begin(), parameters.end());
}

Tensor GoldenCase::Input(const std::string& name) {
  leaves_.push_back({name, Constant(name).Track()});
  return leaves_.back().tensor;
}

void GoldenCase::ExpectOutput(const std::string& which, const Tensor& got) const {
  file_.ExpectClose(name_ + (which.empty() ? "/out" : "/out/" + which), got);
}

void GoldenCase::ExpectMatches(const Tensor& out) const {
  ExpectOutput("", out);
  const std::vector<Tensor> gradients = Grad({out}, nn::Tensors(leaves_), {file_.Get(name_ + "/seed")});
  std::vector<nn::NamedTensor> named;
  for (size_t i = 0; i < leaves_.size(); ++i) named.push_back({leaves_[i].name, gradients[i]});
  file_.ExpectGradients(name_ + "/grad/", named);
}

}  // namespace sg::testing
