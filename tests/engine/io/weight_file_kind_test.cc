#include "engine/io/weight_file_kind.h"

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/io/raw_pickle.h"
#include "tests/support/scratch_dir.h"

namespace sg::io {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

TEST(WeightFileKind, TellsByContentAndNeverByName) {
  const nn::ScratchDir dir;
  const std::string safetensors = absl::StrCat(RawNumber(2, 8), "{}");
  const std::string names[] = {"a.safetensors", "a.pt", "a.pkl", "a.png", "a"};
  for (const std::string& name : names) {
    EXPECT_EQ(*FindWeightFileKind(dir.Write(name, safetensors)), WeightFileKind::kSafetensors);
    EXPECT_EQ(*FindWeightFileKind(dir.Write(name, MakeTorchZip("N", {}))), WeightFileKind::kZip);
    EXPECT_EQ(*FindWeightFileKind(dir.Write(name, MakeLegacyTorch("N", {}))), WeightFileKind::kLegacyTorch);
    for (const int protocol : {2, 3, 4, 5}) {
      EXPECT_EQ(*FindWeightFileKind(dir.Write(name, MakePickle("N", protocol))), WeightFileKind::kPickle);
    }
  }
}

TEST(WeightFileKind, AHeaderThatLooksLikeAPickleIsSafetensors) {
  const nn::ScratchDir dir;
  // The length 0x280 begins with the bytes of a pickle of protocol 2.
  const std::string header = "{}" + std::string(0x280 - 2, ' ');
  EXPECT_EQ(*FindWeightFileKind(dir.Write("a", RawNumber(header.size(), 8) + header)), WeightFileKind::kSafetensors);
  // A ninth byte that is '{' does not make a pickle safetensors.
  EXPECT_EQ(*FindWeightFileKind(dir.Write("b", std::string("\x80\2X\3\0\0\0ab{.", 11))), WeightFileKind::kPickle);
}

TEST(WeightFileKind, NamesWhatItRefuses) {
  const nn::ScratchDir dir;
  struct Case {
    std::string bytes, error;
  };
  for (const Case& c : {Case{"", "empty"},
                        {"x", "no file of weights"},
                        {std::string("7z\xbc\xaf\x27\x1c") + "rest", "7z archive"},
                        {"\x1f\x8b\x08", "gzip"},
                        {"\x89HDF\r\n", "HDF5"},
                        {"GGUF\3", "GGUF"},
                        {"\x93NUMPY\1", ".npy"},
                        {"(dp0\n.", "protocol 0"},
                        {"}q\1.", "protocol 1"},
                        {"\x80\6N.", "no file of weights"},
                        {std::string(257, 'a') + "ustar", "tar archive"},
                        {"<html>", "no file of weights"}}) {
    const std::string path = dir.Write("file.safetensors", c.bytes);
    const absl::StatusOr<WeightFileKind> kind = FindWeightFileKind(path);
    ASSERT_FALSE(kind.ok()) << c.error;
    EXPECT_THAT(std::string(kind.status().message()), StartsWith(path + ": "));
    EXPECT_THAT(std::string(kind.status().message()), HasSubstr(c.error));
  }
  EXPECT_FALSE(FindWeightFileKind(dir.File("missing")).ok());
}

}  // namespace
}  // namespace sg::io
