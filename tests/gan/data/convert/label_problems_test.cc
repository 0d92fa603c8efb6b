#include "gan/data/convert/label_problems.h"

#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/scratch_dir.h"

namespace sg::gan {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class LabelProblemsTest : public ::testing::Test {
 protected:
  LabelProblemsTest() {
    for (const char* name : {"a.png", "b.png", "c.png"}) folder_.Write(name, "x");
  }
  std::vector<std::string> Problems() {
    ImageSourceOptions options;
    options.path = folder_.path();
    return LabelProblems(**ImageSource::Open(options));
  }

  nn::ScratchDir folder_;
};

TEST_F(LabelProblemsTest, NoneWithoutLabelsAndForGoodOnes) {
  EXPECT_THAT(Problems(), IsEmpty());
  for (const char* json : {R"({"labels": null})", R"({"labels": [["a.png", 0], ["b.png", 1], ["c.png", 1]]})",
                           R"({"x": [["z.png"]], "labels": [["c.png", [0]], ["b.png", [1]], ["a.png", [1]]]})"}) {
    folder_.Write("dataset.json", json);
    EXPECT_THAT(Problems(), IsEmpty()) << json;
  }
}

TEST_F(LabelProblemsTest, AllAtOnce) {
  folder_.Write("dataset.json", R"({"labels": [["z.png", 1], ["b.png", 1], ["b.png", 2], ["y.png", 0]]})");
  EXPECT_THAT(Problems(),
              ElementsAre("dataset.json: no label of a.png", "dataset.json: two labels of b.png",
                          "dataset.json: no label of c.png", "dataset.json: a label of y.png, which is not there",
                          "dataset.json: a label of z.png, which is not there"));
}

TEST_F(LabelProblemsTest, AlsoOfTheLabelsThemselves) {
  folder_.Write("dataset.json", R"({"labels": [["a.png", -1], ["b.png", 1], ["c.png", 1], ["d\u001b.png", 1]]})");
  EXPECT_THAT(Problems(), ElementsAre(HasSubstr("dataset.json: the class -1 is not"),
                                      "dataset.json: a label of d\\x1b.png, which is not there"));
  folder_.Write("dataset.json", "[");
  EXPECT_THAT(Problems().front(), HasSubstr("dataset.json: it is not a JSON object"));
}

}  // namespace
}  // namespace sg::gan
