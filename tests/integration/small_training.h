// Training data and options so small that a thousand images take a fraction of a second.
#ifndef TESTS_INTEGRATION_SMALL_TRAINING_H_
#define TESTS_INTEGRATION_SMALL_TRAINING_H_

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "gan/image/encode_png.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/integration/subprocess.h"
#include "tests/support/scratch_dir.h"

namespace sg::integration {

inline std::string ReadFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

inline bool Exists(const std::string& path) { return std::filesystem::exists(path); }

// A folder with images/ (11 PNGs) and options.json: 8x8 pixels, 40 images per step, and a tick and a checkpoint every
// thousand images, hence every 25 steps.
class SmallTraining : public ::testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directory(File("images"));
    for (int i = 0; i < 11; ++i) WriteImage("images/" + std::to_string(i) + ".png", i * 20);
    const Outcome outcome =
        RunTool("train", {"--dry-run", "--res=8", "--batch=40", "--gamma=1", "--tick=1", "--snap=1"}, folder_.path());
    ASSERT_EQ(outcome.exit_code, 0) << outcome;
    options_ = nlohmann::ordered_json::parse(outcome.out);
    nlohmann::ordered_json& model = options_["model"];
    model["latent_dim"] = 8;
    model["mapping_layers"] = 2;
    model["g_features"] = model["d_features"] = 4;
    model["max_features"] = 8;
    model["noise"] = true;
    options_["loss"]["pl_weight"] = 1;
    options_["loss"]["pl_start"] = 10;
    options_["loss"]["pl_interval"] = 7;
    options_["data"] = "images";
    WriteOptions();
  }

  std::string File(const std::string& name) const { return folder_.File(name); }
  void WriteOptions() { folder_.Write("options.json", options_.dump()); }

  void WriteImage(const std::string& name, int value) {
    std::vector<uint8_t> pixels(8 * 8 * 3);
    for (size_t p = 0; p < pixels.size(); ++p) pixels[p] = static_cast<uint8_t>(value + p);
    folder_.Write(name, gan::EncodePng({8, 8, 3, pixels}).value());
  }

  std::vector<std::string> StartArguments(double kimg, const std::string& outdir = "runs") const {
    return {"--options=options.json", "--outdir=" + outdir, "--kimg=" + std::to_string(kimg)};
  }
  // The folder to which the first run in `outdir` writes.
  std::string RunFolder(const std::string& outdir = "runs") const {
    return File(outdir + "/00000-quick-images-batch40-gamma1");
  }
  // The run's checkpoint after `kimg` thousand images and `beyond` more.
  static std::string Checkpoint(const std::string& run, int kimg, int beyond = 0) {
    const std::string more = beyond > 0 ? absl::StrFormat("_%03d", beyond) : "";
    return absl::StrFormat("%s/network-snapshot-%06d%s.safetensors", run, kimg, more);
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

  nn::ScratchDir folder_;
  nlohmann::ordered_json options_;
};

}  // namespace sg::integration

#endif  // TESTS_INTEGRATION_SMALL_TRAINING_H_
