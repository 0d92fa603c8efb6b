#include "gan/interop/export_onnx.h"

#include <filesystem>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "engine/base/check.h"
#include "gan/interop/import_network.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/gan/interop/foreign_files.h"
#include "tests/support/scratch_dir.h"

namespace sg::gan {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// The fields of one message: a number each, and the bytes of those that have a length.
struct Field {
  int number = 0;
  uint64_t value = 0;
  absl::string_view bytes;
};

std::vector<Field> FieldsOf(absl::string_view message) {
  size_t at = 0;
  const auto varint = [&] {
    uint64_t value = 0;
    for (int shift = 0;; shift += 7) {
      SG_CHECK(at < message.size() && shift < 64);
      const auto byte = static_cast<uint8_t>(message[at++]);
      value |= uint64_t{byte & 0x7fU} << shift;
      if (byte < 0x80) return value;
    }
  };
  std::vector<Field> fields;
  while (at < message.size()) {
    const uint64_t tag = varint();
    Field field;
    field.number = static_cast<int>(tag >> 3);
    if ((tag & 7) == 0) {
      field.value = varint();
    } else {
      SG_CHECK((tag & 7) == 2 || (tag & 7) == 5);
      const size_t size = (tag & 7) == 5 ? 4 : varint();
      SG_CHECK(size <= message.size() - at);
      field.bytes = message.substr(at, size);
      at += size;
    }
    fields.push_back(field);
  }
  return fields;
}

std::vector<std::string> TextsOf(absl::string_view message, int number) {
  std::vector<std::string> texts;
  for (const Field& field : FieldsOf(message)) {
    if (field.number == number) texts.emplace_back(field.bytes);
  }
  return texts;
}

// "images: batch 3 32 32" of a ValueInfo.
std::string Signature(absl::string_view info) {
  std::string text = TextsOf(info, 1)[0] + ":";
  const std::string tensor = TextsOf(TextsOf(info, 2)[0], 1)[0];
  for (const std::string& shape : TextsOf(tensor, 2)) {
    for (const std::string& dimension : TextsOf(shape, 1)) {
      const Field field = FieldsOf(dimension)[0];
      absl::StrAppend(&text, " ", field.number == 1 ? absl::StrCat(field.value) : std::string(field.bytes));
    }
  }
  return text;
}

struct Graph {
  std::vector<std::string> inputs, outputs;
  std::vector<std::pair<std::string, std::string>> metadata;
};

class ExportOnnxTest : public ::testing::Test {
 protected:
  // Exports a file of tests/golden/foreign_networks.py. Fails unless the graph is in order: every name is defined once,
  // and before its use, every constant has as many bytes as its shape tells.
  Graph Export(const std::string& name, const OnnxOptions& options = {}) {
    const absl::StatusOr<ImportedNetwork> network = ImportNetwork(ForeignPath(name));
    SG_CHECK(network.ok()) << network.status().message();
    const absl::Status status = WriteOnnx(folder_.File("a.onnx"), *network, options);
    SG_CHECK(status.ok()) << status.message();
    const std::string file = folder_.Read("a.onnx");
    Graph graph;
    for (const std::string& pair : TextsOf(file, 14)) {
      graph.metadata.emplace_back(TextsOf(pair, 1)[0], TextsOf(pair, 2)[0]);
    }
    const std::string body = TextsOf(file, 7).at(0);
    std::set<std::string> known;
    const auto define = [&known](const std::string& n) { EXPECT_TRUE(known.insert(n).second) << n << " twice"; };
    for (const std::string& tensor : TextsOf(body, 5)) {
      define(TextsOf(tensor, 8)[0]);
      uint64_t elements = 1, type = 0;
      for (const Field& field : FieldsOf(tensor)) {
        if (field.number == 1) elements *= field.value;
        if (field.number == 2) type = field.value;
      }
      EXPECT_EQ(TextsOf(tensor, 9)[0].size(), elements * (type == 7 ? 8 : 4)) << TextsOf(tensor, 8)[0];
    }
    for (const std::string& info : TextsOf(body, 11)) {
      define(TextsOf(info, 1)[0]);
      graph.inputs.push_back(Signature(info));
    }
    for (const std::string& node : TextsOf(body, 1)) {
      for (const std::string& input : TextsOf(node, 1)) EXPECT_EQ(known.count(input), 1u) << input << " is unknown";
      for (const std::string& output : TextsOf(node, 2)) define(output);
    }
    for (const std::string& info : TextsOf(body, 12)) {
      EXPECT_EQ(known.count(TextsOf(info, 1)[0]), 1u);
      graph.outputs.push_back(Signature(info));
    }
    return graph;
  }

  nn::ScratchDir folder_;
};

TEST_F(ExportOnnxTest, EveryArchitectureGivesAGraphInOrder) {
  for (const char* name : {"nvidia_whole.pkl", "nvidia_skip_1.5.pkl", "nvidia_resnet_1.5.pkl", "nvidia_orig_1.5.pkl",
                           "nvidia_latents.pkl", "nvidia_noiseless.pkl", "annotated.pt"}) {
    SCOPED_TRACE(name);
    const Graph graph = Export(name);
    EXPECT_EQ(graph.inputs.size(), 2u);
    EXPECT_EQ(graph.outputs.size(), 1u);
  }
}

TEST_F(ExportOnnxTest, EachPartHasItsInputsAndOutputs) {
  OnnxOptions options;
  Graph graph = Export("nvidia_conditional.pkl");
  EXPECT_THAT(graph.inputs, ElementsAre("z: batch 64", "labels: batch 10", "psi:"));
  EXPECT_THAT(graph.outputs, ElementsAre("images: batch 3 32 32"));
  options.part = OnnxPart::kMapping;
  graph = Export("nvidia_whole.pkl", options);
  EXPECT_THAT(graph.inputs, ElementsAre("z: batch 64", "psi:"));
  EXPECT_THAT(graph.outputs, ElementsAre("ws: batch 8 64"));
  options.part = OnnxPart::kSynthesis;
  options.batch = 1;
  options.noise = OnnxNoise::kInput;
  graph = Export("nvidia_gray.pkl", options);
  EXPECT_THAT(graph.inputs, ElementsAre("ws: 1 4 8", "noise_4_1: noise_batch 1 4 4", "noise_8_0: noise_batch 1 8 8",
                                        "noise_8_1: noise_batch 1 8 8"));
  EXPECT_THAT(graph.outputs, ElementsAre("images: 1 1 8 8"));
}

TEST_F(ExportOnnxTest, TheRecipeIsInTheMetadata) {
  const Graph graph = Export("nvidia_whole.pkl");
  ASSERT_EQ(graph.metadata.size(), 5u);
  EXPECT_EQ(graph.metadata[0].second, "NVIDIA's PyTorch code");
  EXPECT_EQ(graph.metadata[1], std::make_pair(std::string("part"), std::string("both")));
  EXPECT_EQ(graph.metadata[2], std::make_pair(std::string("noise"), std::string("const")));
  EXPECT_EQ(graph.metadata[3].second, "[-1,1]");
  EXPECT_THAT(graph.metadata[4].second, HasSubstr("\"mapping_lr_mul\""));
}

TEST_F(ExportOnnxTest, NoiseThatTheNetworkLacksIsNoInput) {
  const absl::StatusOr<ImportedNetwork> network = ImportNetwork(ForeignPath("nvidia_noiseless.pkl"));
  ASSERT_TRUE(network.ok());
  OnnxOptions options;
  options.noise = OnnxNoise::kInput;
  EXPECT_THAT(std::string(WriteOnnx(folder_.File("a.onnx"), *network, options).message()),
              HasSubstr("a.onnx: the network has no noise"));
  EXPECT_FALSE(std::filesystem::exists(folder_.File("a.onnx")));
}

}  // namespace
}  // namespace sg::gan
