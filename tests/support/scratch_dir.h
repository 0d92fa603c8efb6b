// A temporary directory for a test, removed with its contents at the end.
#ifndef TESTS_SUPPORT_SCRATCH_DIR_H_
#define TESTS_SUPPORT_SCRATCH_DIR_H_

#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "engine/base/check.h"
#include "gtest/gtest.h"

namespace sg::nn {

class ScratchDir {
 public:
  ScratchDir() : path_(::testing::TempDir() + "/scratch.XXXXXX") {
    SG_CHECK(mkdtemp(path_.data()) != nullptr) << "[ScratchDir] cannot create " << path_;
  }
  ~ScratchDir() { std::filesystem::remove_all(path_); }
  ScratchDir(const ScratchDir&) = delete;
  ScratchDir& operator=(const ScratchDir&) = delete;

  const std::string& path() const { return path_; }
  std::string File(const std::string& name) const { return path_ + "/" + name; }

  std::string Write(const std::string& name, const std::string& bytes) const {
    std::ofstream(File(name), std::ios::binary | std::ios::trunc) << bytes;
    return File(name);
  }
  // Writes in place. Replacing a file thousands of times would make the file system flush it each time.
  void Patch(const std::string& name, size_t offset, char byte) const {
    std::fstream file(File(name), std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(static_cast<std::streamoff>(offset)).put(byte);
    SG_CHECK(file.flush().good()) << "[ScratchDir] cannot patch " << File(name);
  }
  void Truncate(const std::string& name, size_t size) const { std::filesystem::resize_file(File(name), size); }
  std::string Read(const std::string& name) const {
    std::ifstream in(File(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  }
  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(path_)) names.push_back(entry.path().filename());
    std::sort(names.begin(), names.end());
    return names;
  }

 private:
  std::string path_;
};

}  // namespace sg::nn

#endif  // TESTS_SUPPORT_SCRATCH_DIR_H_
