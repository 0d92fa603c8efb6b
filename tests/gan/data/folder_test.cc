#include "gan/data/folder.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/gan/image/test_files.h"

namespace sg::gan {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(ListFolder, RecursiveSortedWithoutHidden) {
  TempFolder folder;
  for (const char* name : {"b.png", "a/z.png", "a/b/c.txt", "a.png", ".hidden.png", ".git/x.png", "a/.DS_Store"}) {
    folder.Write(name, "x");
  }
  absl::StatusOr<FolderListing> listing = ListFolder(folder.path());
  ASSERT_TRUE(listing.ok()) << listing.status();
  EXPECT_EQ(listing->left_out_folders, 0);
  EXPECT_THAT(listing->files, ElementsAre("a.png", "a/b/c.txt", "a/z.png", "b.png"));
}

TEST(ListFolder, LoopsOfLinksEndAndEachFolderCountsOnce) {
  TempFolder folder;
  folder.Write("real/x.png", "x");
  std::filesystem::create_directory_symlink("..", folder.path() + "/real/up");
  std::filesystem::create_directory_symlink("real", folder.path() + "/twin");
  std::filesystem::create_symlink("self.png", folder.path() + "/self.png");
  std::filesystem::create_symlink("nowhere", folder.path() + "/broken.png");
  std::filesystem::create_symlink("real/x.png", folder.path() + "/link.png");
  absl::StatusOr<FolderListing> listing = ListFolder(folder.path());
  ASSERT_TRUE(listing.ok()) << listing.status();
  EXPECT_EQ(listing->left_out_folders, 0);
  EXPECT_THAT(listing->files, ElementsAre("broken.png", "link.png", "real/x.png", "self.png"));
}

TEST(ListFolder, TrainingRunsAndGivenFoldersAreLeftOut) {
  TempFolder folder;
  for (const char* name : {"a.png", "00000-run/training_options.json", "00000-run/reals.png", "00000-run/deep/x.png",
                           "sub/run/training_options.json", "sub/run/fakes.png", "sub/b.png", "out/c.png",
                           "out/run/training_options.json", "training_options.json.d/d.png"}) {
    folder.Write(name, "x");
  }
  std::filesystem::create_directory_symlink("out", folder.path() + "/again");
  // The folder is known by what it is, not by its name, and what does not exist is no error.
  const std::vector<std::string> leave_out = {folder.path() + "/sub/../out", folder.path() + "/none"};
  absl::StatusOr<FolderListing> listing = ListFolder(folder.path(), leave_out);
  ASSERT_TRUE(listing.ok()) << listing.status();
  EXPECT_THAT(listing->files, ElementsAre("a.png", "sub/b.png", "training_options.json.d/d.png"));
  EXPECT_EQ(listing->left_out_folders, 3);
}

TEST(ListFolder, TheRootIsListedInAnyCase) {
  TempFolder folder;
  folder.Write("training_options.json", "{}");
  folder.Write("a.png", "x");
  folder.Write("00000-run/training_options.json", "{}");
  absl::StatusOr<FolderListing> listing = ListFolder(folder.path(), {folder.path()});
  ASSERT_TRUE(listing.ok()) << listing.status();
  EXPECT_THAT(listing->files, ElementsAre("a.png", "training_options.json"));
  EXPECT_EQ(listing->left_out_folders, 1);
}

TEST(ListFolder, PipesAreLeftOut) {
  TempFolder folder;
  folder.Write("x.png", "x");
  ASSERT_EQ(mkfifo((folder.path() + "/pipe.png").c_str(), 0600), 0);
  EXPECT_THAT(ListFolder(folder.path())->files, ElementsAre("x.png"));
}

TEST(ListFolder, UnreadableFolderIsAnError) {
  EXPECT_FALSE(ListFolder("/nowhere/at/all").ok());
  TempFolder folder;
  folder.Write("closed/x.png", "x");
  // Root reads everything, and nobody else enters the folders above ours.
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(folder.path());
  ASSERT_EQ(chmod(".", 0755), 0);
  ASSERT_EQ(chmod("closed", 0), 0);
  const uid_t user = geteuid();
  constexpr uid_t kNobody = 65534;
  ASSERT_EQ(seteuid(user == 0 ? kNobody : user), 0);
  const absl::Status status = ListFolder(".").status();
  ASSERT_EQ(seteuid(user), 0);
  ASSERT_EQ(chmod("closed", 0700), 0);
  std::filesystem::current_path(before);
  EXPECT_THAT(std::string(status.message()), HasSubstr("/closed"));
}

}  // namespace
}  // namespace sg::gan
