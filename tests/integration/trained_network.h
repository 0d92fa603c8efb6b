// A network that a short run has trained, for the tools that make pictures with it.
#ifndef TESTS_INTEGRATION_TRAINED_NETWORK_H_
#define TESTS_INTEGRATION_TRAINED_NETWORK_H_

#include <string>
#include <vector>

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

  // What a file of a picture shows; empty, and a failure of the test, if it cannot be decoded.
  gan::Image Picture(const std::string& name) const {
    const absl::StatusOr<gan::Image> image = gan::DecodeImage(ReadFile(File(name)), gan::DecodeLimits());
    EXPECT_TRUE(image.ok()) << name << ": " << image.status();
    return image.ok() ? *image : gan::Image();
  }
};

}  // namespace sg::integration

#endif  // TESTS_INTEGRATION_TRAINED_NETWORK_H_
