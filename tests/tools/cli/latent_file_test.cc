#include "tools/cli/latent_file.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/device.h"
#include "engine/io/npy.h"
#include "engine/io/npz.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/scratch_dir.h"

namespace sg::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr int64_t kLatentDim = 4;
constexpr int64_t kNumLatents = 2;

absl::StatusOr<Tensor> Read(const std::string& path) {
  return ReadLatents(path, kLatentDim, kNumLatents, Device::Cpu());
}

TEST(LatentFile, ReadsOneLatentManyAndOnePerLayer) {
  const nn::ScratchDir folder;
  const std::vector<float> values = {1, 2, 3, 4, 5, 6, 7, 8};
  for (const Shape& shape : {Shape({2, 4}), Shape({1, 2, 4})}) {
    ASSERT_TRUE(io::WriteNpy(folder.File("a.npy"), shape, values).ok());
    const absl::StatusOr<Tensor> latents = Read(folder.File("a.npy"));
    ASSERT_TRUE(latents.ok()) << latents.status();
    EXPECT_EQ(latents->shape(), shape);
    EXPECT_EQ(latents->ToHost<float>(), values);
  }
  ASSERT_TRUE(io::WriteNpy(folder.File("a.npy"), Shape({4}), absl::MakeConstSpan(values.data(), 4)).ok());
  const absl::StatusOr<Tensor> one = Read(folder.File("a.npy"));
  ASSERT_TRUE(one.ok()) << one.status();
  EXPECT_EQ(one->shape(), Shape({1, 4}));
}

TEST(LatentFile, ReadsTheArrayOfAnNpz) {
  const nn::ScratchDir folder;
  const std::string path = folder.File("a.npz");
  const std::vector<float> values = {1, 2, 3, 4, 5, 6, 7, 8};
  for (const std::vector<io::NpzArray>& arrays :
       {std::vector<io::NpzArray>{{"any", {1, 2, 4}, values}}, {{"noise", {1}, {9}}, {"w", {1, 2, 4}, values}}}) {
    ASSERT_TRUE(io::WriteNpz(path, arrays).ok());
    const absl::StatusOr<Tensor> latents = Read(path);
    ASSERT_TRUE(latents.ok()) << latents.status();
    EXPECT_EQ(latents->shape(), Shape({1, 2, 4}));
    EXPECT_EQ(latents->ToHost<float>(), values);
  }
  ASSERT_TRUE(io::WriteNpz(path, {{"a", {1}, {9}}, {"b", {1}, {9}}}).ok());
  EXPECT_EQ(Read(path).status().message(), path + ": holds no array \"w\"");
}

// The files have the size that their headers tell, and take no room on the disk.
TEST(LatentFile, ASparseFileDoesNotExhaustTheMemory) {
  constexpr int64_t kValues = int64_t{1} << 39;
  const nn::ScratchDir folder;
  const std::string dict = absl::StrCat("{'descr': '<f8', 'fortran_order': False, 'shape': (", kValues / 4, ", 4), }");
  const std::string npy = absl::StrCat("\x93NUMPY", absl::string_view("\1\0", 2), std::string(1, dict.size()),
                                       absl::string_view("\0", 1), dict);
  const std::string json =
      absl::StrCat(R"({"w":{"dtype":"F64","shape":[)", kValues / 4, R"(,4],"data_offsets":[0,)", kValues * 8, "]}}");
  const std::string safetensors = absl::StrCat(std::string(1, json.size()), std::string(7, '\0'), json);
  for (const std::string& header : {npy, safetensors}) {
    const std::string path = folder.Write("a", header);
    folder.Truncate("a", header.size() + kValues * 8);
    const absl::Status status = Read(path).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(std::string(status.message()), StartsWith(path + ": "));
    EXPECT_THAT(std::string(status.message()), HasSubstr("more than 800000"));
  }
}

}  // namespace
}  // namespace sg::cli
