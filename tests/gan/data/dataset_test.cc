#include "gan/data/dataset.h"

#include <string>
#include <vector>

#include "gan/image/encode_png.h"
#include "gan/image/resize.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/gan/image/test_files.h"

namespace sg::gan {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::unique_ptr<Dataset> MustOpen(const DatasetOptions& options) {
  absl::StatusOr<std::unique_ptr<Dataset>> dataset = Dataset::Open(options);
  EXPECT_TRUE(dataset.ok()) << dataset.status();
  return dataset.ok() ? *std::move(dataset) : nullptr;
}

std::vector<float> LabelOf(const Dataset& dataset, int64_t item) {
  std::vector<float> label(dataset.label_dim());
  dataset.WriteLabel(item, label.data());
  return label;
}

DatasetOptions Labeled(const std::string& path) {
  DatasetOptions options;
  options.path = path;
  options.spec = {4, 4, 3};
  options.labels = true;
  return options;
}

TEST(Dataset, LabelsAreThoseOfTheJsonFile) {
  TempFolder folder;
  folder.Write("00000/a.png", *EncodePng(Gradient(4, 4)));
  folder.Write("00000/b.png", *EncodePng(Gradient(4, 4)));
  folder.Write("dataset.json", R"({"labels": [["00000/a.png", 1], ["00000/b.png", 0]]})");
  DatasetOptions options = Labeled(folder.path());
  options.mirror = true;
  const auto dataset = MustOpen(options);
  ASSERT_NE(dataset, nullptr);
  EXPECT_EQ(dataset->label_dim(), 2);
  EXPECT_THAT(LabelOf(*dataset, 0), ElementsAre(0, 1));
  EXPECT_THAT(LabelOf(*dataset, 1), ElementsAre(1, 0));
  EXPECT_EQ(LabelOf(*dataset, 2), LabelOf(*dataset, 0)) << "its mirror image";
  EXPECT_EQ(dataset->name(1), "00000/b.png");
  EXPECT_EQ(dataset->name(3), "00000/b.png") << "its mirror image";
  EXPECT_THAT(dataset->OneOfEachLabel(), ElementsAre(1, 0));
  options.labels = false;
  EXPECT_EQ(MustOpen(options)->label_dim(), 0);
}

TEST(Dataset, LabelsAreTheFoldersWithoutAJsonFile) {
  TempFolder folder;
  folder.Write("cat/a.png", *EncodePng(Gradient(4, 4)));
  folder.Write("dog/b.png", *EncodePng(Gradient(4, 4)));
  const auto dataset = MustOpen(Labeled(folder.path()));
  ASSERT_NE(dataset, nullptr);
  EXPECT_THAT(LabelOf(*dataset, 1), ElementsAre(0, 1));
}

TEST(Dataset, LabelsThatAreMissingAreAnError) {
  TempFolder folder;
  folder.Write("a.png", *EncodePng(Gradient(4, 4)));
  absl::Status status = Dataset::Open(Labeled(folder.path())).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(), folder.path() +
                                  ": no labels: there is no dataset.json, and a.png lies in no folder with "
                                  "the name of its class");
  folder.Write("dataset.json", R"({"labels": null})");
  status = Dataset::Open(Labeled(folder.path())).status();
  EXPECT_EQ(status.message(), folder.path() + ": dataset.json: it has no labels");
}

TEST(Dataset, CropsAndResizes) {
  TempFolder folder;
  const Image wide = Gradient(50, 30);
  folder.Write("wide.png", *EncodePng(wide));
  DatasetOptions options;
  options.path = folder.path();
  options.spec = {16, 16, 3};
  auto dataset = MustOpen(options);
  ASSERT_NE(dataset, nullptr);
  EXPECT_EQ(dataset->size(), 1);
  absl::StatusOr<Image> image = dataset->Get(0);
  ASSERT_TRUE(image.ok()) << image.status();
  EXPECT_EQ(image->width, 16);
  EXPECT_EQ(image->height, 16);
  EXPECT_EQ(image->pixels, ResizeLanczos(CenterCrop(wide, Aspect()), 16, 16).pixels);
}

TEST(Dataset, CropsToAnyAspect) {
  TempFolder folder;
  const Image wide = Gradient(50, 30);
  folder.Write("wide.png", *EncodePng(wide));
  DatasetOptions options;
  options.path = folder.path();
  options.spec = {16, 12, 3};
  const absl::StatusOr<Image> image = MustOpen(options)->Get(0);
  ASSERT_TRUE(image.ok()) << image.status();
  EXPECT_EQ(image->width, 12);
  EXPECT_EQ(image->height, 16);
  EXPECT_EQ(image->pixels, ResizeLanczos(CenterCrop(wide, {3, 4}), 12, 16).pixels);
}

TEST(Dataset, HasTheChannelsOfItsSpec) {
  TempFolder folder;
  folder.Write("a.png", *EncodePng({2, 1, 4, {200, 100, 0, 255, 9, 9, 9, 0}}));
  folder.Write("b.jpg", MakeJpeg(Solid(2, 1, 50, 50, 50)));
  DatasetOptions options;
  options.path = folder.path();
  const auto pixels = [&](int channels, int64_t item) {
    options.spec = {1, 2, channels};
    return MustOpen(options)->Get(item)->pixels;
  };
  EXPECT_THAT(pixels(1, 0), ElementsAre(118, 255)) << "on white";
  EXPECT_THAT(pixels(2, 0), ElementsAre(118, 255, 9, 0));
  EXPECT_THAT(pixels(3, 0), ElementsAre(200, 100, 0, 255, 255, 255));
  EXPECT_THAT(pixels(4, 0), ElementsAre(200, 100, 0, 255, 9, 9, 9, 0));
  EXPECT_THAT(pixels(1, 1), ElementsAre(50, 50));
  EXPECT_THAT(pixels(4, 1), ElementsAre(50, 50, 50, 255, 50, 50, 50, 255));
}

TEST(Dataset, MirrorDoublesTheItems) {
  TempFolder folder;
  folder.Write("a.png", *EncodePng(Gradient(8, 8)));
  folder.Write("b.png", *EncodePng(Solid(8, 8, 1, 2, 3)));
  DatasetOptions options;
  options.path = folder.path();
  options.spec = {8, 8, 3};
  options.mirror = true;
  auto dataset = MustOpen(options);
  ASSERT_NE(dataset, nullptr);
  EXPECT_EQ(dataset->size(), 4);
  EXPECT_EQ(dataset->num_images(), 2);
  EXPECT_EQ(dataset->Get(0)->pixels, Gradient(8, 8).pixels);
  EXPECT_EQ(dataset->Get(2)->pixels, MirrorHorizontally(Gradient(8, 8)).pixels);
  EXPECT_EQ(dataset->Get(3)->pixels, Solid(8, 8, 1, 2, 3).pixels);
}

TEST(Dataset, SmallSetsAreDecodedOnce) {
  TempFolder folder;
  const std::string png = *EncodePng(Gradient(8, 8));
  DatasetOptions options;
  options.path = folder.path();
  options.spec = {8, 8, 3};
  for (const bool cached : {true, false}) {
    const std::string file = folder.Write("a.png", png);
    options.cache_bytes = cached ? 8 * 8 * 3 : 8 * 8 * 3 - 1;
    auto dataset = MustOpen(options);
    ASSERT_NE(dataset, nullptr);
    EXPECT_EQ(dataset->Get(0)->pixels, Gradient(8, 8).pixels);
    ASSERT_EQ(remove(file.c_str()), 0);
    EXPECT_EQ(dataset->Get(0).ok(), cached);
    if (cached) {
      EXPECT_EQ(dataset->Get(0)->pixels, Gradient(8, 8).pixels);
    }
  }
}

TEST(Dataset, BadImagesAreNamed) {
  TempFolder folder;
  const std::string png = *EncodePng(Gradient(8, 8));
  folder.Write("a.png", png);
  folder.Write("sub/cut.png", png.substr(0, 60));
  folder.Write("sub/text.jpg", "this is no picture");
  folder.Write("sub/zero.png", "");
  DatasetOptions options;
  options.path = folder.path();
  options.spec = {8, 8, 3};
  options.mirror = true;
  auto dataset = MustOpen(options);
  ASSERT_NE(dataset, nullptr);
  for (int64_t i = dataset->size() - 1; i >= 0; --i) EXPECT_EQ(dataset->Get(i).ok(), i % 4 == 0) << i;
  EXPECT_EQ(dataset->Get(1).status().message(), "sub/cut.png: PNG is truncated");
  EXPECT_EQ(dataset->Get(2).status().message(), "sub/text.jpg: file is not a PNG, JPEG or WebP");
  EXPECT_EQ(dataset->Get(3).status().message(), "sub/zero.png: file is empty");
  EXPECT_EQ(dataset->Get(7).status(), dataset->Get(3).status()) << "the mirrored image is the same file";
}

TEST(Dataset, LimitsReachTheDecoder) {
  TempFolder folder;
  folder.Write("a.png", *EncodePng(Gradient(8, 8)));
  DatasetOptions options;
  options.path = folder.path();
  options.spec = {8, 8, 3};
  options.limits.max_pixels = 63;
  auto dataset = MustOpen(options);
  ASSERT_NE(dataset, nullptr);
  EXPECT_EQ(dataset->Get(0).status().message(), "a.png: image is 8x8, more than 63 pixels");
}

TEST(Dataset, OpenErrors) {
  TempFolder folder;
  DatasetOptions options;
  options.path = folder.path();
  options.spec = {8, 8, 3};
  EXPECT_THAT(std::string(Dataset::Open(options).status().message()), HasSubstr("no PNG, JPEG or WebP images under"));
  folder.Write("a.png", "");
  options.spec = {0, 0, 3};
  EXPECT_THAT(std::string(Dataset::Open(options).status().message()),
              HasSubstr("images of 0x0 pixels and 3 channels; the sides must be at least 1"));
}

TEST(Dataset, NotesTellWhatIsLeftOut) {
  TempFolder folder;
  for (const char* name : {"a.png", "b.gif", "runs/c.png"}) folder.Write(name, "x");
  DatasetOptions options;
  options.path = folder.path();
  options.leave_out = {folder.path() + "/runs"};
  options.spec = {8, 8, 3};
  auto dataset = MustOpen(options);
  ASSERT_NE(dataset, nullptr);
  EXPECT_EQ(dataset->num_images(), 1);
  EXPECT_THAT(dataset->notes(),
              ElementsAre("1 image; 1 other file left out: .gif 1", "1 folder of training runs left out"));
}

TEST(Dataset, BundledEmoji) {
  DatasetOptions options;
  options.path = "third_party/noto_emoji/noto_emoji_64.zip";
  options.spec = {32, 32, 3};
  auto dataset = MustOpen(options);
  ASSERT_NE(dataset, nullptr);
  EXPECT_EQ(dataset->size(), 1401);
  for (int64_t i = 0; i < dataset->size(); i += 50) {
    absl::StatusOr<Image> image = dataset->Get(i);
    ASSERT_TRUE(image.ok()) << image.status();
    EXPECT_EQ(image->pixels.size(), 32u * 32 * 3);
  }
}

}  // namespace
}  // namespace sg::gan
