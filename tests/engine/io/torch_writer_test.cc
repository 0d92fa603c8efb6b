#include "engine/io/torch_writer.h"

#include "absl/strings/str_cat.h"
#include "engine/io/torch_file.h"
#include "engine/io/zip_archive.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/scratch_dir.h"

namespace sg::io {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

TorchValue Values(const Shape& shape, const std::vector<float>& values) {
  return TorchValue::Tensor(shape, [values]() -> absl::StatusOr<std::vector<float>> { return values; });
}

TEST(TorchWriter, WhatIsWrittenIsReadAgain) {
  const nn::ScratchDir dir;
  TorchValue inner = TorchValue::Dict();
  inner.Add("matrix", Values({2, 3}, {1, 2, 3, 4, 5, 6}));
  inner.Add("scalar", Values({}, {7}));
  inner.Add("empty", Values({0, 4}, {}));
  TorchValue root = TorchValue::Dict();
  root.Add("g_ema", inner);
  root.Add("text", TorchValue::Text("gr\xc3\xbc\xc3\x9f"));
  ASSERT_TRUE(WriteTorchFile(dir.File("a.pt"), root).ok());
  EXPECT_THAT(dir.Names(), ElementsAre("a.pt"));

  const absl::StatusOr<std::unique_ptr<TorchFile>> file = TorchFile::Open(dir.File("a.pt"), {});
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(FindItem((*file)->root(), "text")->text, "gr\xc3\xbc\xc3\x9f");
  const PickleValue& weights = *FindItem((*file)->root(), "g_ema");
  const auto read = [&](const char* name, const Shape& shape) {
    const absl::StatusOr<PickledArray> array = (*file)->Array(*FindItem(weights, name));
    EXPECT_TRUE(array.ok()) << name << ": " << array.status();
    EXPECT_EQ(array->shape, shape);
    return *(*file)->ReadFloats(*array);
  };
  EXPECT_THAT(read("matrix", {2, 3}), ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_THAT(read("scalar", {}), ElementsAre(7));
  EXPECT_THAT(read("empty", {0, 4}), IsEmpty());
}

TEST(TorchWriter, DataIsAlignedAndEntriesAreThoseOfTorch) {
  const nn::ScratchDir dir;
  TorchValue root = TorchValue::Dict();
  root.Add("a", Values({3}, {1.5f, 2.5f, 3.5f}));
  root.Add("b", Values({1}, {9.25f}));
  ASSERT_TRUE(WriteTorchFile(dir.File("a.pt"), root).ok());
  const std::string bytes = dir.Read("a.pt");
  EXPECT_EQ(bytes.find(std::string("\0\0\xc0\x3f\0\0\x20\x40", 8)) % 64, 0u);
  EXPECT_EQ(bytes.find(std::string("\0\0\x14\x41", 4)) % 64, 0u);
  const absl::StatusOr<std::unique_ptr<ZipArchive>> zip = ZipArchive::Open(dir.File("a.pt"));
  ASSERT_TRUE(zip.ok()) << zip.status();
  std::vector<std::string> names;
  for (const ZipEntry& entry : (*zip)->entries()) names.push_back(entry.name);
  EXPECT_THAT(names, ElementsAre("archive/data.pkl", "archive/byteorder", "archive/data/0", "archive/data/1",
                                 "archive/version"));
  EXPECT_EQ(*(*zip)->Read(4, 100), "3\n");
  for (size_t i = 0; i < names.size(); ++i) EXPECT_TRUE((*zip)->Read(i, 1 << 20).ok()) << names[i];  // the CRC
}

TEST(TorchWriter, AnErrorLeavesTheOldFile) {
  const nn::ScratchDir dir;
  dir.Write("a.pt", "old");
  TorchValue root = TorchValue::Dict();
  root.Add("a", TorchValue::Tensor({1}, []() -> absl::StatusOr<std::vector<float>> {
             return absl::DataLossError("the source is damaged");
           }));
  absl::Status status = WriteTorchFile(dir.File("a.pt"), root);
  EXPECT_THAT(std::string(status.message()), StartsWith(dir.File("a.pt") + ": the source is damaged"));
  TorchValue wrong = TorchValue::Dict();
  wrong.Add("a", Values({2}, {1}));
  status = WriteTorchFile(dir.File("a.pt"), wrong);
  EXPECT_THAT(std::string(status.message()), HasSubstr("has 1 elements"));
  EXPECT_EQ(dir.Read("a.pt"), "old");
  EXPECT_THAT(dir.Names(), ElementsAre("a.pt"));
  EXPECT_FALSE(WriteTorchFile(dir.File("missing/a.pt"), wrong).ok());
}

}  // namespace
}  // namespace sg::io
