#include "tests/support/attributes.h"

#include <sstream>

#include "engine/tensor/op.h"
#include "engine/tensor/tensor_access.h"

namespace sg::testing {
namespace {

using internal::TensorAccess;

class TextVisitor final : public AttributeVisitor {
 public:
  std::vector<std::string> lines;

  void Real(const char* name, double value) override { Add(name, value); }
  void Integer(const char* name, int64_t value) override { Add(name, value); }
  void Flag(const char* name, bool value) override { Add(name, value ? "true" : "false"); }
  void Choice(const char* name, const char* value) override { Add(name, value); }
  void Extents(const char* name, const Shape& value) override { Add(name, value); }
  void Integers(const char* name, absl::Span<const int> values) override { AddList(name, values); }
  void Reals(const char* name, absl::Span<const float> values) override { AddList(name, values); }

 private:
  template <typename T>
  void Add(const char* name, const T& value) {
    std::ostringstream line;
    line << name << "=" << value;
    lines.push_back(line.str());
  }
  template <typename T>
  void AddList(const char* name, absl::Span<const T> values) {
    std::ostringstream list;
    for (size_t i = 0; i < values.size(); ++i) list << (i == 0 ? "" : " ") << values[i];
    Add(name, list.str());
  }
};

}  // namespace

std::vector<std::string> Attributes(const Tensor& t) {
  SG_CHECK(TensorAccess::Info(t).node != nullptr) << "[Attributes] " << t << " was not recorded";
  TextVisitor visitor;
  TensorAccess::Info(t).node->op->Describe(visitor);
  return visitor.lines;
}

}  // namespace sg::testing
