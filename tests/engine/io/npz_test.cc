#include "engine/io/npz.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/gan/image/test_files.h"
#include "tests/support/scratch_dir.h"

namespace sg::io {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string Message(const absl::StatusOr<NpyArray>& array) { return std::string(array.status().message()); }

TEST(Npz, RoundTrip) {
  const nn::ScratchDir dir;
  const std::string path = dir.File("a.npz");
  ASSERT_TRUE(WriteNpz(path, {{"w", {1, 2, 2}, {1, 2.5, -3, 4}}, {"noise.0", {3}, {7, 8, 9}}}).ok());
  const absl::StatusOr<NpzReader> file = NpzReader::Open(path);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_THAT(file->Names(), ElementsAre("w", "noise.0"));
  EXPECT_TRUE(file->Has("w"));
  EXPECT_FALSE(file->Has("w.npy"));
  const absl::StatusOr<NpyArray> w = file->Read("w", 100);
  ASSERT_TRUE(w.ok()) << w.status();
  EXPECT_EQ(w->shape, Shape({1, 2, 2}));
  EXPECT_THAT(w->values, ElementsAre(1, 2.5, -3, 4));
  EXPECT_THAT(file->Read("noise.0", 3)->values, ElementsAre(7, 8, 9));
}

TEST(Npz, ReadsWhatIsCompressed) {
  const nn::ScratchDir dir;
  const std::vector<float> values(1000, 2);
  gan::WriteZip(dir.File("a.npz"),
                {{"w.npy", NpyBytes({1000}, absl::MakeConstSpan(values)), /*deflate=*/true}, {"other.txt", "x"}});
  const absl::StatusOr<NpzReader> file = NpzReader::Open(dir.File("a.npz"));
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_THAT(file->Names(), ElementsAre("w"));
  const absl::StatusOr<NpyArray> w = file->Read("w", 1000);
  ASSERT_TRUE(w.ok()) << w.status();
  EXPECT_EQ(w->values.size(), 1000u);
}

TEST(Npz, ErrorsNameTheFileAndTheArray) {
  const nn::ScratchDir dir;
  const std::string path = dir.File("a.npz"), plain = dir.Write("plain", "no archive");
  EXPECT_THAT(std::string(NpzReader::Open(plain).status().message()), HasSubstr(plain + " is not a zip archive"));
  EXPECT_THAT(std::string(NpzReader::Open(dir.File("missing")).status().message()), HasSubstr(dir.File("missing")));
  const std::vector<float> many(50000);
  gan::WriteZip(path, {{"bad.npy", "no array"}, {"many.npy", NpyBytes({50000}, absl::MakeConstSpan(many))}});
  const absl::StatusOr<NpzReader> file = NpzReader::Open(path);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(Message(file->Read("w", 10)), path + ": holds no array \"w\"");
  EXPECT_EQ(Message(file->Read("bad", 10)), path + ": the array \"bad\": not an .npy file");
  EXPECT_THAT(Message(file->Read("many", 10)), HasSubstr(path + ": the array \"many\" is 200"));
  EXPECT_THAT(Message(file->Read("many", 40000)), HasSubstr("has 50000 values, more than 40000"));
  EXPECT_THAT(std::string(WriteNpz(dir.File("missing/a.npz"), {}).message()), HasSubstr("missing/a.npz"));
}

}  // namespace
}  // namespace sg::io
