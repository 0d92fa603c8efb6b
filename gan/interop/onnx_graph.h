// Builds the graph of an ONNX file: inputs, constants, nodes. It knows the format and nothing of networks.
//
//   OnnxGraph graph("doubler");
//   graph.Input("x", {"batch", "3"});
//   const std::string two = graph.Floats("two", {}, {2});
//   graph.Output(graph.Node("Mul", {"x", two}), "y", {"batch", "3"});
//   std::string file = graph.Model({{"origin", "a test"}});
//
// Files have IR version 8 and operator set 17. Source of the field numbers: onnx.proto of the ONNX project.
#ifndef GAN_INTEROP_ONNX_GRAPH_H_
#define GAN_INTEROP_ONNX_GRAPH_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/shape.h"
#include "engine/io/protobuf_writer.h"

namespace sg::gan {

// One attribute of a node: a float, an integer, a text or a list of integers.
class OnnxAttribute {
 public:
  static OnnxAttribute Float(const std::string& name, float value);
  static OnnxAttribute Integer(const std::string& name, int64_t value);
  static OnnxAttribute Text(const std::string& name, const std::string& value);
  static OnnxAttribute Integers(const std::string& name, const std::vector<int64_t>& values);

  const io::ProtobufWriter& message() const { return message_; }

 private:
  io::ProtobufWriter message_;
};

class OnnxGraph {
 public:
  explicit OnnxGraph(std::string name) : name_(std::move(name)) {}

  // A tensor of floats. A dimension is a number, or a name for one that is chosen when the graph runs.
  void Input(const std::string& name, const std::vector<std::string>& dimensions);
  // Gives the value `from` the name `name` and makes it an output.
  void Output(const std::string& from, const std::string& name, const std::vector<std::string>& dimensions);

  // A constant; an empty shape is a scalar. Returns `name`, which must be new.
  std::string Floats(const std::string& name, const Shape& shape, const std::vector<float>& values);
  std::string Integers(const std::string& name, const Shape& shape, const std::vector<int64_t>& values);

  // A node with one result. Returns the name of the result.
  std::string Node(const std::string& type, const std::vector<std::string>& inputs,
                   const std::vector<OnnxAttribute>& attributes = {});

  // The file, with texts by name.
  std::string Model(const std::vector<std::pair<std::string, std::string>>& metadata) const;

 private:
  std::string Constant(const std::string& name, const Shape& shape, int type, const void* data, size_t bytes);
  void AddNode(const std::string& type, const std::vector<std::string>& inputs, const std::string& output,
               const std::vector<OnnxAttribute>& attributes);

  std::string name_;
  io::ProtobufWriter graph_;
  int nodes_ = 0;
};

}  // namespace sg::gan

#endif  // GAN_INTEROP_ONNX_GRAPH_H_
