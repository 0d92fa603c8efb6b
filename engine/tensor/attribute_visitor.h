// Receives the attributes of an operation by name. Together with its inputs, they determine the operation. An exporter
// walks the recorded graph and calls Op::Describe on every node.
//
//   class Printer final : public AttributeVisitor {
//     void Real(const char* name, double value) override { std::cout << name << "=" << value << " "; }
//     ...
//   };
//   Printer printer;
//   op.Describe(printer);  // Affine: "scale=2 shift=0 "
#ifndef ENGINE_TENSOR_ATTRIBUTE_VISITOR_H_
#define ENGINE_TENSOR_ATTRIBUTE_VISITOR_H_

#include <cstdint>

#include "absl/types/span.h"
#include "engine/base/shape.h"

namespace sg {

// Names are literals, unique within an operation. Values are valid only during the call.
class AttributeVisitor {
 public:
  virtual ~AttributeVisitor() = default;

  virtual void Real(const char* name, double value) = 0;
  virtual void Integer(const char* name, int64_t value) = 0;
  virtual void Flag(const char* name, bool value) = 0;
  virtual void Choice(const char* name, const char* value) = 0;  // one of a fixed set of words: a dtype, an edge mode
  virtual void Extents(const char* name, const Shape& value) = 0;
  virtual void Integers(const char* name, absl::Span<const int> values) = 0;
  virtual void Reals(const char* name, absl::Span<const float> values) = 0;
};

}  // namespace sg

#endif  // ENGINE_TENSOR_ATTRIBUTE_VISITOR_H_
