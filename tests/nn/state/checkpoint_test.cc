#include "nn/state/checkpoint.h"

#include <numeric>
#include <string>
#include <vector>

#include "engine/io/safetensors_reader.h"
#include "engine/io/safetensors_writer.h"
#include "engine/runtime/devices.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/scratch_dir.h"
#include "tests/support/tensors.h"

namespace sg::nn {
namespace {

using testing::ExpectValues;
using testing::F32;
using ::testing::HasSubstr;

io::SafetensorsReader Open(const std::string& path) {
  absl::StatusOr<io::SafetensorsReader> file = io::SafetensorsReader::Open(path);
  SG_CHECK(file.ok()) << "[Test] " << file.status();
  return *std::move(file);
}

std::vector<float> CountFromOne(int n) {
  std::vector<float> values(n);
  std::iota(values.begin(), values.end(), 1.0f);
  return values;
}

class CheckpointTest : public ::testing::TestWithParam<Device> {
 protected:
  Tensor Zeros(const Shape& shape) const { return Tensor::Zeros(shape, DType::kF32, GetParam()).Track(); }
  std::vector<NamedTensor> Empty() const {
    return {{"conv", Zeros({2, 2, 3, 2})}, {"linear", Zeros({2, 3})}, {"bias", Zeros({2})}, {"scalar", Zeros({})}};
  }
  // Saves these tensors and returns the path of the file.
  std::string Saved() const {
    const std::string path = dir_.File("model.safetensors");
    const absl::Status status = SaveTensors(path, filled_, {{"kind", "test"}});
    SG_CHECK(status.ok()) << "[Test] " << status;
    return path;
  }
  // Checks that all tensors are still zero after an error.
  static void ExpectZeros(const std::vector<NamedTensor>& tensors) {
    for (const NamedTensor& t : tensors) ExpectValues(t.tensor, std::vector<double>(t.tensor.NumElements(), 0));
  }

  const ScratchDir dir_;
  const std::vector<NamedTensor> filled_ = {{"conv", F32({2, 2, 3, 2}, CountFromOne(24), GetParam())},
                                            {"linear", F32({2, 3}, {1, 2, 3, 4, 5, 6}, GetParam())},
                                            {"bias", F32({2}, {0.1f, -1e-30f}, GetParam())},
                                            {"scalar", F32({}, {42}, GetParam())}};
};

INSTANTIATE_TEST_SUITE_P(Devices, CheckpointTest, ::testing::ValuesIn(AvailableDevices()), testing::DeviceTestName);

TEST_P(CheckpointTest, ComesBackBitForBit) {
  const io::SafetensorsReader file = Open(Saved());
  EXPECT_EQ(file.metadata().at("kind"), "test");
  const std::vector<NamedTensor> loaded = Empty();
  const absl::Status status = LoadTensors(file, loaded, ExtraTensors::kForbid);
  ASSERT_TRUE(status.ok()) << status;
  for (size_t i = 0; i < loaded.size(); ++i) {
    EXPECT_EQ(loaded[i].tensor.ToHost<float>(), filled_[i].tensor.ToHost<float>()) << loaded[i].name;
    EXPECT_TRUE(loaded[i].tensor.tracked());
  }
}

TEST_P(CheckpointTest, SerializesTheBytesOfTheFile) {
  Saved();
  const absl::StatusOr<std::string> bytes = SerializeTensors(filled_, {{"kind", "test"}});
  ASSERT_TRUE(bytes.ok()) << bytes.status();
  EXPECT_TRUE(*bytes == dir_.Read("model.safetensors"));
}

TEST_P(CheckpointTest, FilesHoldConvolutionWeightsInPyTorchsLayout) {
  const io::SafetensorsReader file = Open(Saved());
  EXPECT_EQ(file.Find("conv")->shape, Shape({2, 2, 2, 3}));  // [O,I,kH,kW]
  EXPECT_EQ(*file.ReadAsFloat("conv"), (std::vector<float>{1,  3,  5,  7,  9,  11, 2,  4,  6,  8,  10, 12,
                                                           13, 15, 17, 19, 21, 23, 14, 16, 18, 20, 22, 24}));
  EXPECT_EQ(file.Find("linear")->shape, Shape({2, 3}));
  EXPECT_EQ(*file.ReadAsFloat("linear"), (std::vector<float>{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(file.Find("scalar")->shape, Shape({}));
}

TEST_P(CheckpointTest, AMissingTensorIsAnErrorAndNothingChanges) {
  const io::SafetensorsReader file = Open(Saved());
  std::vector<NamedTensor> tensors = Empty();
  tensors.push_back({"missing.weight", Zeros({1})});
  const absl::Status status = LoadTensors(file, tensors, ExtraTensors::kIgnore);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr(file.path()));
  EXPECT_THAT(std::string(status.message()), HasSubstr("it lacks missing.weight"));
  ExpectZeros(tensors);
}

TEST_P(CheckpointTest, AnExtraTensorIsAnErrorUnlessIgnored) {
  const io::SafetensorsReader file = Open(Saved());
  std::vector<NamedTensor> tensors = Empty();
  tensors.erase(tensors.begin() + 1);
  const absl::Status status = LoadTensors(file, tensors, ExtraTensors::kForbid);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("it has the unknown linear"));
  ExpectZeros(tensors);
  EXPECT_TRUE(LoadTensors(file, tensors, ExtraTensors::kIgnore).ok());
  ExpectValues(tensors[2].tensor, {42});
}

TEST_P(CheckpointTest, AnotherShapeIsAnErrorThatNamesBoth) {
  const io::SafetensorsReader file = Open(Saved());
  std::vector<NamedTensor> tensors = Empty();
  // The number of elements is right. So is the shape, for a reader that ignores the layout.
  tensors[0].tensor = Zeros({2, 2, 2, 3});
  const absl::Status status = LoadTensors(file, tensors, ExtraTensors::kForbid);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("conv is [2,2,2,3] instead of [2,3,2,2]"));
  ExpectZeros(tensors);
}

TEST_P(CheckpointTest, AllProblemsAreInOneMessage) {
  const io::SafetensorsReader file = Open(Saved());
  const std::vector<NamedTensor> tensors = {{"bias", Zeros({3})}, {"a", Zeros({1})}, {"b", Zeros({1})},
                                            {"c", Zeros({1})},    {"d", Zeros({1})}, {"e", Zeros({1})}};
  const absl::Status status = LoadTensors(file, tensors, ExtraTensors::kForbid);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("it lacks a, b, c and 2 more; bias is [2] instead of [3]; it has the unknown"));
  ExpectZeros(tensors);
}

TEST_P(CheckpointTest, DamageIsAnErrorAndNothingChanges) {
  const std::string path = Saved();
  const std::string bytes = dir_.Read("model.safetensors");
  dir_.Patch("model.safetensors", bytes.size() - 1, static_cast<char>(bytes.back() ^ 1));
  const io::SafetensorsReader file = Open(path);
  const std::vector<NamedTensor> tensors = Empty();
  const absl::Status status = LoadTensors(file, tensors, ExtraTensors::kForbid);
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(std::string(status.message()), HasSubstr(path));
  ExpectZeros(tensors);
}

TEST_P(CheckpointTest, IntegersAreAnErrorAndNothingChanges) {
  const std::string path = dir_.File("integers.safetensors");
  const float value = 3;
  const int32_t number = 7;
  const std::vector<io::SafetensorsEntry> entries = {{"a", "F32", {1}, io::FromMemory(&value, sizeof(value))},
                                                     {"b", "I32", {1}, io::FromMemory(&number, sizeof(number))}};
  ASSERT_TRUE(io::WriteSafetensors(path, entries, {}).ok());
  const std::vector<NamedTensor> tensors = {{"a", Zeros({1})}, {"b", Zeros({1})}};
  const absl::Status status = LoadTensors(Open(path), tensors, ExtraTensors::kForbid);
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(std::string(status.message()), HasSubstr("b"));
  ExpectZeros(tensors);
}

TEST_P(CheckpointTest, AFolderThatDoesNotExistIsAnError) {
  const absl::Status status = SaveTensors(dir_.File("none/model.safetensors"), filled_, {});
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(std::string(status.message()), HasSubstr("none/model.safetensors"));
}

TEST(CheckpointDeathTest, SavesOnlyF32) {
  const ScratchDir dir;
  const Tensor t = Tensor::Zeros({1}, DType::kF64, Device::Ref());
  EXPECT_DEATH(SaveTensors(dir.File("x.safetensors"), {{"a", t}}, {}).IgnoreError(), "\\[SaveTensors\\] a is f64");
}

}  // namespace
}  // namespace sg::nn
