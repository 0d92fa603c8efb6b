#include "gan/interop/onnx_graph.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace sg::gan {
namespace {

constexpr int kIrVersion = 8, kOperatorSet = 17;
// Element types of tensors.
constexpr int kFloatElements = 1, kInt64Elements = 7;

// Field numbers.
constexpr int kModelIrVersion = 1, kModelProducer = 2, kModelGraph = 7, kModelOperatorSet = 8, kModelMetadata = 14;
constexpr int kGraphNode = 1, kGraphName = 2, kGraphConstant = 5, kGraphInput = 11, kGraphOutput = 12;
constexpr int kNodeInput = 1, kNodeOutput = 2, kNodeName = 3, kNodeType = 4, kNodeAttribute = 5;
constexpr int kAttributeName = 1, kAttributeFloat = 2, kAttributeInteger = 3, kAttributeText = 4,
              kAttributeIntegers = 8, kAttributeType = 20;
constexpr int kTensorDimension = 1, kTensorType = 2, kTensorName = 8, kTensorData = 9;

// The types of attributes.
constexpr int kFloatType = 1, kIntegerType = 2, kTextType = 3, kIntegersType = 7;

io::ProtobufWriter Named(const std::string& name, int type) {
  io::ProtobufWriter attribute;
  attribute.Bytes(kAttributeName, name);
  attribute.Integer(kAttributeType, type);
  return attribute;
}

io::ProtobufWriter Pair(absl::string_view first, absl::string_view second) {
  io::ProtobufWriter pair;
  pair.Bytes(1, first);
  pair.Bytes(2, second);
  return pair;
}

// A name with its type and shape.
io::ProtobufWriter ValueInfo(const std::string& name, const std::vector<std::string>& dimensions) {
  io::ProtobufWriter shape, tensor, type, info;
  for (const std::string& text : dimensions) {
    io::ProtobufWriter dimension;
    int64_t size = 0;
    if (absl::SimpleAtoi(text, &size)) {
      dimension.Integer(1, size);
    } else {
      dimension.Bytes(2, text);
    }
    shape.Message(1, dimension);
  }
  tensor.Integer(1, kFloatElements);
  tensor.Message(2, shape);
  type.Message(1, tensor);
  info.Bytes(1, name);
  info.Message(2, type);
  return info;
}

}  // namespace

OnnxAttribute OnnxAttribute::Float(const std::string& name, float value) {
  OnnxAttribute attribute;
  attribute.message_ = Named(name, kFloatType);
  attribute.message_.Float(kAttributeFloat, value);
  return attribute;
}

OnnxAttribute OnnxAttribute::Integer(const std::string& name, int64_t value) {
  OnnxAttribute attribute;
  attribute.message_ = Named(name, kIntegerType);
  attribute.message_.Integer(kAttributeInteger, value);
  return attribute;
}

OnnxAttribute OnnxAttribute::Text(const std::string& name, const std::string& value) {
  OnnxAttribute attribute;
  attribute.message_ = Named(name, kTextType);
  attribute.message_.Bytes(kAttributeText, value);
  return attribute;
}

OnnxAttribute OnnxAttribute::Integers(const std::string& name, const std::vector<int64_t>& values) {
  OnnxAttribute attribute;
  attribute.message_ = Named(name, kIntegersType);
  for (const int64_t value : values) attribute.message_.Integer(kAttributeIntegers, value);
  return attribute;
}

void OnnxGraph::Input(const std::string& name, const std::vector<std::string>& dimensions) {
  graph_.Message(kGraphInput, ValueInfo(name, dimensions));
}

void OnnxGraph::Output(const std::string& from, const std::string& name, const std::vector<std::string>& dimensions) {
  AddNode("Identity", {from}, name, {});
  graph_.Message(kGraphOutput, ValueInfo(name, dimensions));
}

std::string OnnxGraph::Floats(const std::string& name, const Shape& shape, const std::vector<float>& values) {
  return Constant(name, shape, kFloatElements, values.data(), values.size() * sizeof(float));
}

std::string OnnxGraph::Integers(const std::string& name, const Shape& shape, const std::vector<int64_t>& values) {
  return Constant(name, shape, kInt64Elements, values.data(), values.size() * sizeof(int64_t));
}

std::string OnnxGraph::Constant(const std::string& name, const Shape& shape, int type, const void* data, size_t bytes) {
  io::ProtobufWriter tensor;
  for (int i = 0; i < shape.rank(); ++i) tensor.Integer(kTensorDimension, shape[i]);
  tensor.Integer(kTensorType, type);
  tensor.Bytes(kTensorName, name);
  tensor.Bytes(kTensorData, absl::string_view(static_cast<const char*>(data), bytes));
  graph_.Message(kGraphConstant, tensor);
  return name;
}

std::string OnnxGraph::Node(const std::string& type, const std::vector<std::string>& inputs,
                            const std::vector<OnnxAttribute>& attributes) {
  const std::string output = absl::StrCat(type, "_", nodes_);
  AddNode(type, inputs, output, attributes);
  return output;
}

void OnnxGraph::AddNode(const std::string& type, const std::vector<std::string>& inputs, const std::string& output,
                        const std::vector<OnnxAttribute>& attributes) {
  io::ProtobufWriter node;
  for (const std::string& input : inputs) node.Bytes(kNodeInput, input);
  node.Bytes(kNodeOutput, output);
  node.Bytes(kNodeName, absl::StrCat("node_", nodes_++));
  node.Bytes(kNodeType, type);
  for (const OnnxAttribute& attribute : attributes) node.Message(kNodeAttribute, attribute.message());
  graph_.Message(kGraphNode, node);
}

std::string OnnxGraph::Model(const std::vector<std::pair<std::string, std::string>>& metadata) const {
  io::ProtobufWriter graph = graph_, operators, model;
  graph.Bytes(kGraphName, name_);
  operators.Bytes(1, "");  // the domain of ONNX itself
  operators.Integer(2, kOperatorSet);
  model.Integer(kModelIrVersion, kIrVersion);
  model.Bytes(kModelProducer, "stylegan2.cpp");
  model.Message(kModelGraph, graph);
  model.Message(kModelOperatorSet, operators);
  for (const auto& [key, value] : metadata) model.Message(kModelMetadata, Pair(key, value));
  return model.bytes();
}

}  // namespace sg::gan
