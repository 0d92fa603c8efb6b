// A network that a short run has trained, for the tools that make pictures with it.
#ifndef TESTS_INTEGRATION_TRAINED_NETWORK_H_
#define TESTS_INTEGRATION_TRAINED_NETWORK_H_

#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gan/image/decode_image.h"
#include "gtest/gtest.h"
#include "tests/integration/small_training.h"

namespace sg::integration {

class TrainedNetwork : public SmallTraining {
 protected:
  void SetUp() override {
    SmallTraining::SetUp();
    const Outcome trained = RunTool("train", StartArguments(1), folder_.path());
    ASSERT_EQ(trained.exit_code, 0) << trained;
  }

  // Arguments for the network of the run.
  std::vector<std::string> WithNetwork(const std::vector<std::string>& more) const {
    std::vector<std::string> arguments = {"--network=" + RunFolder()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }
  Outcome OnNetwork(const std::string& tool, const std::vector<std::string>& more) const {
    return RunTool(tool, WithNetwork(more), folder_.path());
  }

  // Whether the process is writing a file, in the folder or below, that will appear when it is whole.
  bool IsWriting(const Process& process) const {
    std::error_code gone;  // Files come and go meanwhile.
    const std::string folder = std::filesystem::canonical(folder_.path(), gone).string();
    const std::string descriptors = absl::StrCat("/proc/", process.pid(), "/fd");
    for (std::filesystem::directory_iterator it(descriptors, gone), end; !gone && it != end; it.increment(gone)) {
      std::error_code closed;
      const std::string file = std::filesystem::read_symlink(it->path(), closed).string();
      if (absl::StartsWith(file, folder) && absl::EndsWith(file, " (deleted)")) return true;
    }
    return HasTemporaryFile();
  }

  // Whether a file that is not whole has a name in the folder or below.
  bool HasTemporaryFile() const {
    std::error_code gone;  // Files come and go meanwhile.
    for (std::filesystem::recursive_directory_iterator it(folder_.path(), gone), end; !gone && it != end;
         it.increment(gone)) {
      if (it->path().filename().string().find(".tmp.") != std::string::npos) return true;
    }
    return false;
  }

  // What a file of a picture shows; empty, and a failure of the test, if it cannot be decoded.
  gan::Image Picture(const std::string& name) const {
    const absl::StatusOr<gan::Image> image = gan::DecodeImage(ReadFile(File(name)), gan::DecodeLimits());
    EXPECT_TRUE(image.ok()) << name << ": " << image.status();
    return image.ok() ? *image : gan::Image();
  }
};

}  // namespace sg::integration

#endif  // TESTS_INTEGRATION_TRAINED_NETWORK_H_
