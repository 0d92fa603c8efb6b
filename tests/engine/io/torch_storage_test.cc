#include "engine/io/torch_storage.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/io/raw_pickle.h"

namespace sg::io {
namespace {

using testing::HasSubstr;

std::string ErrorOf(const std::string& bytes) {
  const absl::StatusOr<LegacyTorch> file = LegacyTorch::Parse(bytes, {});
  return file.ok() ? "it was accepted" : std::string(file.status().message());
}

std::string Patched(std::string bytes, const std::string& from, const std::string& to) {
  const size_t at = bytes.find(from);
  EXPECT_NE(at, std::string::npos);
  return bytes.replace(at, from.size(), to);
}

TEST(TorchStorage, TheOldFormatHasItsStoragesBehindTheObject) {
  const std::string bytes =
      MakeLegacyTorch(RawTuple({RawStorageId("7", 2), RawStorageId("x", 1, "DoubleStorage"), RawStorageId("7", 2)}),
                      {{"7", Floats({1, 2})}, {"x", std::string("\1\0\0\0\0\0\0\0", 8)}});
  // The second count is that of doubles.
  const std::string doubles = Patched(bytes, RawNumber(2, 8) + std::string("\1\0\0\0\0\0\0\0", 8),
                                      RawNumber(1, 8) + std::string("\1\0\0\0\0\0\0\0", 8));
  const absl::StatusOr<LegacyTorch> file = LegacyTorch::Parse(doubles, {});
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->storages.size(), 2u);
  EXPECT_EQ(file->storages.at("7").bytes, Floats({1, 2}));
  EXPECT_STREQ(file->storages.at("x").dtype->name, "F64");
  EXPECT_EQ(file->storages.at("x").elements, 1);
  EXPECT_EQ(file->object.root().items.size(), 3u);
}

TEST(TorchStorage, EveryBrokenRuleOfTheOldFormat) {
  const std::string id = RawStorageId("0", 2);
  const std::string good = MakeLegacyTorch(id, {{"0", Floats({1, 2})}});
  ASSERT_TRUE(LegacyTorch::Parse(good, {}).ok());
  EXPECT_THAT(ErrorOf(good + "x"), HasSubstr("1 bytes follow"));
  EXPECT_THAT(ErrorOf(good.substr(0, good.size() - 1)), HasSubstr("bytes are left"));
  EXPECT_THAT(ErrorOf(Patched(good, RawNumber(2, 8) + Floats({1}), RawNumber(3, 8) + Floats({1}))),
              HasSubstr("says that it has 3"));
  EXPECT_THAT(ErrorOf(Patched(good, RawNumber(2, 8) + Floats({1}), std::string(8, '\xff') + Floats({1}))),
              HasSubstr("bytes are left"));
  EXPECT_THAT(ErrorOf(Patched(good, RawText("little_endian") + "\x88", RawText("little_endian") + "\x89")),
              HasSubstr("big-endian"));
  EXPECT_THAT(ErrorOf(Patched(good, "\x6c\xfc", "\x6d\xfc")), HasSubstr("PyTorch's number"));
  EXPECT_THAT(ErrorOf(Patched(good, RawInt(1001), RawInt(1002))), HasSubstr("version 1001"));
  EXPECT_THAT(ErrorOf(MakeLegacyTorch(id, {})), HasSubstr("list of storages"));
  EXPECT_THAT(ErrorOf(MakeLegacyTorch(id, {{"1", Floats({1, 2})}})), HasSubstr("does not agree"));
  EXPECT_THAT(ErrorOf(MakeLegacyTorch(id, {{"0", Floats({1, 2})}, {"0", Floats({1, 2})}})),
              HasSubstr("list of storages"));
  EXPECT_THAT(ErrorOf(MakeLegacyTorch("N", {{"0", Floats({1, 2})}})), HasSubstr("list of storages"));
  EXPECT_THAT(ErrorOf(MakeLegacyTorch(RawTuple({id, RawStorageId("0", 3)}), {{"0", Floats({1, 2})}})),
              HasSubstr("two types or sizes"));
  EXPECT_THAT(ErrorOf(MakeLegacyTorch(RawTuple({id, RawStorageId("0", 2, "IntStorage")}), {{"0", Floats({1, 2})}})),
              HasSubstr("two types or sizes"));
  EXPECT_THAT(ErrorOf(MakeLegacyTorch(RawStorageId("0", -1), {{"0", ""}})), HasSubstr("lacks its type, key or size"));
  EXPECT_THAT(ErrorOf(MakeLegacyTorch(RawStorageId("0", 2, "ComplexFloatStorage"), {{"0", ""}})),
              HasSubstr("torch.ComplexFloatStorage"));
  EXPECT_THAT(ErrorOf(MakeLegacyTorch(RawInt(3) + "Q", {})), HasSubstr("no tuple of five"));
  EXPECT_THAT(ErrorOf(MakeLegacyTorch(RawTuple({RawText("module"), "N", "N", "N", "N"}) + "Q", {})),
              HasSubstr("no storage"));
  const std::string view = RawTuple({RawText("storage"), RawGlobal("torch", "FloatStorage"), RawText("0"),
                                     RawText("cpu"), RawInt(2), RawTuple({RawText("1"), RawInt(0), RawInt(2)})});
  EXPECT_THAT(ErrorOf(MakeLegacyTorch(view + "Q", {{"0", Floats({1, 2})}})), HasSubstr("view of a storage"));
  EXPECT_THAT(ErrorOf(MakeLegacyTorch(RawCall(RawGlobal("os", "system"), {RawText("id")}), {})),
              HasSubstr("os.system"));
  for (size_t length = 0; length < good.size(); ++length) {
    EXPECT_FALSE(LegacyTorch::Parse(good.substr(0, length), {}).ok()) << length;
  }
}

TEST(TorchStorage, ACudaDeviceIsIgnored) {
  std::string bytes = MakeLegacyTorch(RawStorageId("0", 1), {{"0", Floats({1})}});
  bytes = Patched(bytes, RawText("cpu"), RawText("cuda:0"));
  EXPECT_TRUE(LegacyTorch::Parse(bytes, {}).ok());
}

}  // namespace
}  // namespace sg::io
