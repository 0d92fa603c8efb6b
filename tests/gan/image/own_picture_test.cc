#include "gan/image/own_picture.h"

#include <string>
#include <vector>

#include "gan/image/encode_png.h"
#include "gtest/gtest.h"

namespace sg::gan {
namespace {

std::string Png(const std::vector<PngText>& text) { return *EncodePng({2, 2, 3, std::vector<uint8_t>(12)}, text); }

TEST(IsOwnPicture, ByTheTextThatTheToolsWriteFirst) {
  const std::string png = Png({{"software", "stylegan2.cpp generate"}, {"network", "a.safetensors"}});
  EXPECT_TRUE(IsOwnPicture(png));
  EXPECT_TRUE(IsOwnPicture(png.substr(0, kOwnPictureBytes)));
}

TEST(IsOwnPicture, OtherPicturesAreNot) {
  const std::string own = Png({{"software", "stylegan2.cpp mix"}});
  for (const std::string& bytes :
       {Png({}), Png({{"software", "stylegan2"}}), Png({{"Software", "stylegan2.cpp generate"}}),
        Png({{"title", "stylegan2.cpp generate"}}), own.substr(0, 40), own.substr(0, 5), own.substr(1),
        std::string()}) {
    EXPECT_FALSE(IsOwnPicture(bytes));
  }
}

}  // namespace
}  // namespace sg::gan
