// Wrong command lines and configurations over all tools: each is refused at once, before any file is made, with a
// sentence that names the flag or field, the value and what is allowed.
#include <sys/resource.h>

#include <cmath>
#include <filesystem>
#include <string>
#include <type_traits>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gan/config/config.h"
#include "gan/config/fields.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/integration/small_training.h"

namespace sg::integration {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

constexpr int kUsage = 2, kBadInput = 4;
constexpr double kMaxCpuSeconds = 0.2;

double ChildrensCpuSeconds() {
  rusage usage;
  getrusage(RUSAGE_CHILDREN, &usage);
  const auto seconds = [](const timeval& t) { return t.tv_sec + t.tv_usec * 1e-6; };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

std::string FlagOf(const gan::Field& field) {
  return absl::StrCat("--", absl::StrReplaceAll(field.flag()->name, {{"_", "-"}}));
}

class BadUsageTest : public SmallTraining {
 protected:
  // Returns the first line of the error.
  std::string Refused(const std::string& tool, const std::vector<std::string>& arguments, int exit_code) {
    const std::vector<std::string> before = folder_.Names();
    const double begin = ChildrensCpuSeconds();
    const Outcome outcome = RunTool(tool, arguments, folder_.path());
    EXPECT_LT(ChildrensCpuSeconds() - begin, kMaxCpuSeconds) << outcome.err;
    EXPECT_EQ(outcome.exit_code, exit_code) << outcome;
    EXPECT_THAT(outcome.out, IsEmpty());
    EXPECT_THAT(outcome.err, StartsWith(tool + ": "));
    EXPECT_EQ(folder_.Names(), before) << "a file was made";
    ++refused_;
    return outcome.err.substr(0, outcome.err.find('\n'));
  }

  void RefusesValue(const gan::Field& field, const std::string& value, const std::string& allowed) {
    const std::string flag = FlagOf(field);
    SCOPED_TRACE(flag + "=" + value);
    const std::string error = Refused("train", {flag + "=" + value, "--outdir=runs"}, kUsage);
    EXPECT_THAT(error, AnyOf(HasSubstr(flag), HasSubstr(field.name())));
    EXPECT_THAT(error, HasSubstr(allowed));
  }

  int refused_ = 0;
};

// The same, from a configuration file.
TEST_F(BadUsageTest, EveryFieldOfTheConfigurationFile) {
  const nlohmann::json good = nlohmann::json::parse(ReadFile(File("options.json")));
  const nlohmann::json places = good.flatten();
  for (const auto& [place, value] : places.items()) {
    for (const nlohmann::json& wrong : {nlohmann::json(nullptr), nlohmann::json::array(), nlohmann::json("zzz")}) {
      // Any text may be a path, or say where the configuration came from.
      if (wrong.is_string() && (place == "/data" || place == "/preset")) continue;
      nlohmann::json bad = good;
      bad[nlohmann::json::json_pointer(place)] = wrong;
      folder_.Write("bad.json", bad.dump());
      SCOPED_TRACE(place + " = " + wrong.dump());
      const std::string error = Refused("train", {"--options=bad.json", "--outdir=runs"}, kBadInput);
      EXPECT_THAT(error, HasSubstr(std::filesystem::path(place).filename().string()));
    }
  }
  std::string twice = options_.dump();
  twice.replace(twice.find("\"batch\":"), 8, "\"batch\":8,\"batch\":");
  folder_.Write("bad.json", twice);
  EXPECT_THAT(Refused("train", {"--options=bad.json"}, kBadInput), HasSubstr("field \"batch\" is there twice"));
  EXPECT_GT(refused_, 130);
}

TEST_F(BadUsageTest, EveryFieldsFlag) {
  const gan::TrainConfig config;
  gan::ForEachField(config, [&](const auto& value, const gan::Field& field) {
    using T = std::decay_t<decltype(value)>;
    if (!field.flag()) return;
    if constexpr (std::is_same_v<T, bool>) {
      RefusesValue(field, "maybe", "true or false");
    } else if constexpr (std::is_arithmetic_v<T>) {
      const std::string range = field.range() ? gan::RangeText<T>(*field.range()) : "number";
      RefusesValue(field, "zzz", range);
      RefusesValue(field, "", field.name() == absl::string_view("resolution") ? "is empty" : range);
      if (!field.range()) return;
      const double below = field.range()->low - 1, above = field.range()->high * 2 + 1;
      RefusesValue(field, absl::StrCat(static_cast<std::conditional_t<std::is_integral_v<T>, int64_t, double>>(below)),
                   range);
      if (above < 2147483647.0 || sizeof(T) == 8) {
        RefusesValue(
            field, absl::StrCat(static_cast<std::conditional_t<std::is_integral_v<T>, int64_t, double>>(above)), range);
      }
    } else if constexpr (std::is_enum_v<T>) {
      RefusesValue(field, "zzz", gan::EnumChoices<T>());
      RefusesValue(field, "", "is empty");
    } else {
      RefusesValue(field, "", "is empty");
    }
  });
  EXPECT_GT(refused_, 120);
}

TEST_F(BadUsageTest, EveryTool) {
  ASSERT_EQ(RunTool("train", StartArguments(1), folder_.path()).exit_code, 0);
  const std::string network = "--network=runs/00000-quick-images-batch40-gamma1";
  folder_.Write("text", "no network");
  nlohmann::ordered_json other = options_;
  other["batch"] = 20;
  folder_.Write("other.json", other.dump());
  struct Case {
    const char* tool;
    std::vector<std::string> arguments;
    const char* said;
    int exit_code = kUsage;
  };
  const std::vector<Case> cases = {
      // Missing.
      {"generate", {}, "--network is needed"},
      {"inspect", {}, "--network is needed"},
      {"train", {"--batch"}, "--batch needs a value"},
      {"train", {"--data", "--mirror"}, "--data needs a value"},
      {"generate", {network, "--seeds"}, "--seeds needs a value"},
      {"bench", {"--res"}, "--res needs a value"},
      {"inspect", {"--network"}, "--network needs a value"},
      // Unknown.
      {"train", {"--resolution=64"}, "unknown flag --resolution; did you mean --res?"},
      {"train", {"--bach=8"}, "did you mean --batch?"},
      {"train", {"--lrate=1"}, "unknown flag --lrate"},
      {"train", {"-b", "8"}, "unknown flag -b"},
      {"train", {"--zzz"}, "unknown flag --zzz"},
      {"train", {"--no-zzz"}, "unknown flag --no-zzz"},
      {"generate", {network, "--truncation=0.7"}, "did you mean --trunc?"},
      {"generate", {network, "--out=x"}, "did you mean --outdir?"},
      {"generate", {network, "--colums=2"}, "did you mean --columns?"},
      {"inspect", {network, "--tensor"}, "did you mean --tensors?"},
      {"bench", {"--steps"}, "did you mean --step?"},
      {"bench", {"--network=x"}, "unknown flag --network"},
      // Given twice.
      {"train", {"--batch=8", "--batch=16"}, "--batch is given twice, as \"8\" and as \"16\""},
      {"train", {"--mirror", "--no-mirror"}, "--mirror is given twice"},
      {"train", {"--data=a", "--data=b"}, "--data is given twice"},
      {"train", {"--grad-accum=2", "--grad_accum=4"}, "--grad-accum is given twice"},
      {"generate", {network, "--network=text"}, "--network is given twice"},
      {"generate", {network, "--seeds=1", "--seeds=2"}, "--seeds is given twice"},
      {"inspect", {network, "--json", "--nojson"}, "--json is given twice"},
      {"bench", {"--res=64", "--res=32"}, "--res is given twice"},
      // Empty.
      {"train", {"--outdir="}, "--outdir is empty; leave it out for the default, \"training-runs\""},
      {"train", {"--resume="}, "--resume is empty; leave it out"},
      {"train", {"--options="}, "--options is empty"},
      {"train", {"--preset="}, "--preset is empty"},
      {"train", {"--desc="}, "--desc is empty"},
      {"train", {"--profile="}, "--profile is empty"},
      {"train", {"--device="}, "--device is empty"},
      {"generate", {"--network="}, "--network is empty"},
      {"generate", {network, "--grid="}, "--grid is empty"},
      {"generate", {network, "--raw="}, "--raw is empty"},
      {"generate", {network, "--outdir="}, "--outdir is empty"},
      {"inspect", {"--network="}, "--network is empty"},
      {"bench", {"--filter="}, "--filter is empty"},
      // No flags.
      {"train", {"photos"}, "did you mean --data=photos?"},
      {"train", {"batch=8"}, "did you mean --batch=8?"},
      {"train", {"--mirror", "true"}, "did you mean --mirror=true?"},
      {"generate", {"runs"}, "did you mean --network=runs?"},
      {"inspect", {"runs", "more"}, "did you mean --network=runs?"},
      {"bench", {"quick"}, "every input is a flag"},
      // Of another type, or outside the range.
      {"train", {"--workers=-1"}, "--workers is -1, must be from 0 to 1024"},
      {"train", {"--workers=1025"}, "--workers is 1025, must be from 0 to 1024"},
      {"train", {"--workers=two"}, "--workers"},
      {"train", {"--threads=1025"}, "--threads is 1025, must be from 0 to 1024"},
      {"train", {"--memory-cap=-1"}, "--memory-cap is -1, must be from 0 to 67108864"},
      {"train", {"--memory-cap=1e3"}, "--memory-cap"},
      {"train", {"--device=gpu"}, "--device is \"gpu\", must be \"auto\", \"cpu\", \"cuda\" or \"cuda:N\""},
      {"train", {"--device=cuda:-1"}, "--device is \"cuda:-1\""},
      {"train", {"--device=cuda:x"}, "--device is \"cuda:x\""},
      {"train", {"--dry-run=maybe"}, "expected true or false"},
      {"train", {"--no-dry-run=1"}, "takes no value"},
      {"train", {"--deterministic=2"}, "expected true or false"},
      {"train", {"--tf32=yess"}, "expected true or false"},
      {"train", {"--preset=tiny"}, "there are \"quick\" (the default), \"annotated\" and \"official\""},
      {"train", {"--res=48"}, "must be a power of two; the nearest is 32"},
      {"train", {"--res=100"}, "must be a power of two; the nearest is 128"},
      {"train", {"--kimg=inf"}, "--kimg"},
      {"train", {"--gamma=nan"}, "--gamma"},
      {"generate", {network, "--seeds=x"}, "--seeds: "},
      {"generate", {network, "--seeds=5-3"}, "--seeds: "},
      {"generate", {network, "--seeds=1,,2"}, "--seeds: "},
      {"generate", {network, "--seeds=-1"}, "--seeds"},
      {"generate", {network, "--seeds=0-99999999999"}, "--seeds: "},
      {"generate", {network, "--trunc=x"}, "--trunc"},
      {"generate", {network, "--trunc=inf"}, "--trunc"},
      {"generate", {network, "--noise-mode=zzz"}, "--noise-mode is \"zzz\", must be \"const\", \"random\" or \"none\""},
      {"generate", {network, "--noise-seed=x"}, "--noise-seed"},
      {"generate", {network, "--noise-seed=1.5"}, "--noise-seed"},
      {"generate", {network, "--columns=-1"}, "--columns"},
      {"generate", {network, "--columns=x"}, "--columns"},
      {"generate", {network, "--threads=-1"}, "--threads is -1, must be from 0 to 1024"},
      {"generate", {network, "--device=x"}, "--device is \"x\""},
      {"inspect", {network, "--json=2"}, "expected true or false"},
      {"inspect", {network, "--verify=zzz"}, "expected true or false"},
      {"generate", {network, "--format=gif"}, "--format is \"gif\", must be \"png\", \"jpg\" or \"webp\""},
      {"generate", {network, "--grid=a.jpg"}, "--grid=a.jpg: it is a PNG file"},
      {"generate", {network, "--format=jpg", "--grid=a.png"}, "--format=jpg: --grid is a PNG file"},
      {"generate", {network, "--quality=0"}, "--quality is 0, must be from 1 to 100"},
      {"generate", {network, "--quality=x"}, "--quality"},
      {"generate", {"--like=nowhere.png"}, "nowhere.png: ", kBadInput},
      {"generate", {"--like=text"}, "text: PNG is damaged", kBadInput},
      {"directions", {}, "--network is needed"},
      {"directions", {network, "--methods=sefa"}, "did you mean --method?"},
      {"directions", {network, "--method=pca"}, "--method is \"pca\", must be \"sefa\" or \"ganspace\""},
      {"directions", {network, "--count=0"}, "--count is 0, must be at least 1"},
      {"directions", {network, "--layers=x"}, "--layers: "},
      {"directions", {network, "--show=x"}, "--show: "},
      {"directions", {network, "--edit=1"}, "--edit has \"1\""},
      {"directions", {network, "--edit=1:1e9"}, "--edit has \"1:1e9\""},
      {"directions", {network, "--range=x"}, "--range"},
      {"directions", {network, "--load=nowhere.npz"}, "nowhere.npz: ", kBadInput},
      {"directions", {network, "--load=text"}, "text is not a zip archive", kBadInput},
      {"interpolate", {}, "--network is needed"},
      {"interpolate", {network, "--path"}, "--path needs a value"},
      {"interpolate", {network, "--frame=3"}, "did you mean --frames?"},
      {"interpolate", {network, "--path=zzz"}, "--path is \"zzz\", must be \"cubic\", \"linear\" or \"slerp\""},
      {"interpolate", {network, "--seeds=7"}, "1 latents for 1 place(s)"},
      {"interpolate", {network, "--seeds=x"}, "--seeds: "},
      {"interpolate", {network, "--frames=-1"}, "--frames is -1, must be from 1 to 100000"},
      {"interpolate", {network, "--fps=1000"}, "--fps is 1000, must be from 1 to 240"},
      {"interpolate", {network, "--quality=-1"}, "--quality is -1, must be from 0 to 100"},
      {"interpolate", {network, "--grid=2x"}, "--grid is \"2x\""},
      {"interpolate", {network, "--format=avi"}, "--format is \"avi\""},
      {"interpolate", {network, "--no-loop"}, "--path=cubic is a loop"},
      {"interpolate", {network, "--w=w.npy", "--seeds=1,2"}, "give one of --seeds and --w"},
      {"interpolate", {network, "--w=text"}, "text: ", kBadInput},
      {"dataset", {}, "--source is needed"},
      {"dataset", {"--source=images"}, "--dest is needed: the zip archive or folder to write; or give --check"},
      {"dataset", {"--sorce=images"}, "did you mean --source?"},
      {"dataset", {"images", "--dest=a.zip"}, "--source"},
      {"dataset", {"--source=images", "--dest=a.zip", "--res=100"}, "must be a power of two; the nearest is 128"},
      {"dataset", {"--source=images", "--dest=a.zip", "--res=2048"}, "--res: "},
      {"dataset", {"--source=images", "--dest=a.zip", "--res=500x300"}, "the nearest such size is "},
      {"dataset", {"--source=images", "--dest=a.zip", "--res=big"}, "\"big\" is not an image size"},
      {"dataset",
       {"--source=images", "--dest=a.zip", "--res=8", "--transform=crop"},
       "--transform is \"crop\", must be \"center-crop\", \"center-crop-wide\" or \"stretch\""},
      {"dataset", {"--source=images", "--dest=a.zip", "--transform=stretch"}, "--transform needs --res"},
      {"dataset", {"--source=images", "--dest=a.zip", "--skip-small"}, "--skip-small needs --res"},
      {"dataset",
       {"--source=images", "--dest=a.zip", "--res=64", "--transform=center-crop-wide"},
       "must be of two different sides, the longer a power of two, such as 512x384"},
      {"dataset", {"--source=images", "--dest=a.zip", "--channels=5"}, "--channels is 5, must be from 0 to 4"},
      {"dataset", {"--source=images", "--dest=a.zip", "--max-images=-1"}, "--max-images is -1, must be at least 0"},
      {"dataset", {"--source=images", "--dest=a.zip", "--max-mpx=0"}, "--max-mpx is 0, must be from 1 to 100000"},
      {"dataset", {"--source=images", "--dest=a.zip", "--threads=-1"}, "--threads is -1, must be from 0 to 1024"},
      {"dataset",
       {"--source=images", "--dest=a.zip", "--labels=x"},
       "--labels is \"x\", must be \"file\", \"folders\""},
      {"dataset",
       {"--source=images", "--dest=a.zip", "--split=val"},
       "--split is \"val\", must be \"train\" or \"test\""},
      {"dataset", {"--source=images", "--dest=a.zip", "--on-bad-image=x"}, "--on-bad-image is \"x\", must be \"fail\""},
      {"dataset", {"--source=images", "--dest=a.zip", "--check"}, "--check writes nothing, and takes no --dest"},
      {"dataset",
       {"--source=images", "--max-images=3", "--check"},
       "--check writes nothing, and takes no --max-images"},
      {"dataset", {"--source=images", "--dest=images"}, "--dest is the --source"},
      {"dataset", {"--source=images", "--dest=runs"}, "--dest: runs is not empty"},
      {"dataset", {"--source=images", "--dest=text"}, "--dest: text is no folder"},
      {"dataset", {"--source=nowhere", "--dest=a.zip"}, "nowhere does not exist", kBadInput},
      {"dataset", {"--source=text", "--check"}, "text is neither a folder nor a zip archive", kBadInput},
      {"dataset", {"--source=images", "--dest=a.zip", "--labels=folders"}, "lies in no folder", kBadInput},
      {"convert", {}, "--network is needed"},
      {"convert", {network}, "--out is needed"},
      {"convert", {network, "--out=a", "--format=zip"}, "--format is \"zip\", must be \"auto\", "},
      {"convert", {network, "--out=a.onnx", "--onnx-part=all"}, "--onnx-part is \"all\", must be \"both\", "},
      {"convert", {network, "--out=a.onnx", "--onnx-noise=x"}, "--onnx-noise is \"x\", must be \"const\", "},
      {"convert", {network, "--out=a.onnx", "--onnx-batch=-1"}, "--onnx-batch is -1, must be at least 0"},
      {"convert", {network, "--out=a.pt", "--onnx-batch=1"}, "need the format \"onnx\", not \"pt\""},
      {"convert", {"--network=nowhere", "--out=a.onnx"}, "nowhere: ", kBadInput},
      {"project", {}, "--target is needed: the photo"},
      {"project", {"--target=text"}, "--network is needed"},
      {"project", {network, "photo.jpg"}, "did you mean --target=photo.jpg?"},
      {"project", {network, "--target=text", "--step=3"}, "did you mean --steps?"},
      {"project", {network, "--target=text", "--steps=-1"}, "--steps is -1, must be from 1 to 1000000"},
      {"project", {network, "--target=text", "--lr=0"}, "--lr is 0, must be from 1e-06 to 100"},
      {"project", {network, "--target=text", "--features=-1"}, "--features is -1, must be from 0 to 1e+06"},
      {"project", {network, "--target=text", "--frames=x"}, "--frames"},
      {"project", {network, "--target=text"}, "text: ", kBadInput},
      {"project", {network, "--target=nowhere.jpg"}, "nowhere.jpg: ", kBadInput},
      {"mix", {}, "--network is needed"},
      {"mix", {network, "--rows"}, "--rows needs a value"},
      {"mix", {network, "--row=1"}, "did you mean --rows?"},
      {"mix", {network, "--rows=x"}, "--rows: "},
      {"mix", {network, "--cols=5-3"}, "--cols: "},
      {"mix", {network, "--cols=1", "--cols=2"}, "--cols is given twice"},
      {"mix", {network, "--styles=9"}, "--styles: "},
      {"mix", {network, "--noise-mode=zzz"}, "--noise-mode is \"zzz\""},
      {"mix", {network, "--trunc-cutoff=-1"}, "--trunc-cutoff must not be negative"},
      {"mix", {network, "--device=x"}, "--device is \"x\""},
      {"mix", {"--network=nowhere"}, "nowhere: ", kBadInput},
      {"bench", {"--res=60"}, "must be a power of two; the nearest is 64"},
      {"bench", {"--res=4"}, "must be from 8 to 1024"},
      {"bench", {"--res=x"}, "--res"},
      {"bench", {"--batch=0"}, "must be from 2 to 65536"},
      {"bench", {"--preset=zzz"}, "there are \"quick\""},
      {"bench", {"--precision=f8"}, "must be \"f32\" or \"bf16\""},
      {"bench", {"--runs=0"}, "--runs is 0, must be from 1 to 100000"},
      {"bench", {"--runs=x"}, "--runs"},
      {"bench", {"--budget=-1"}, "--budget is -1, must be at least 0"},
      {"bench", {"--budget=nan"}, "--budget"},
      {"bench", {"--threads=-1"}, "--threads is -1"},
      // In conflict.
      {"train", {"--preset=quick", "--options=options.json"}, "--preset, --cfg and --options"},
      {"train", {"--batch=32", "--grad-accum=3"}, "--grad-accum=2 would do"},
      {"train", {"--batch=8", "--mbstd-group=3"}, "--mbstd-group=2"},
      {"train", {"--preset=official", "--g-features=8"}, "mean nothing with channel_base"},
      {"train", {"--device=cpu", "--cuda-graphs"}, "--cuda-graphs is for a GPU"},
      {"train", {"--cuda-graphs", "--profile=trace.json"}, "give one of them"},
      {"train", {"--resume=latest", "--outdir=runs", "--res=64"}, "--res"},
      {"train", {"--resume=latest", "--outdir=runs", "--options=other.json"}, "--batch cannot change"},
      {"train", {"--resume=latest", "--outdir=runs", "--kimg=0.5"}, "--kimg=0.5 asks for less"},
      {"generate", {network, "--seeds=1", "--z=z.npy"}, "one of --seeds, --z and --w"},
      {"generate", {network, "--z=z.npy", "--w=w.npy"}, "one of --seeds, --z and --w"},
      {"bench", {"--step", "--filter=conv"}, "give one of them"},
      {"bench", {"--json", "--filter=conv"}, "give one of them"},
      {"bench", {"--profile=trace.json", "--filter=conv"}, "give one of them"},
      {"bench", {"--device=cpu", "--cuda-graphs"}, "--cuda-graphs is for a GPU"},
      // Files.
      {"train", {"--data=nowhere"}, "nowhere does not exist", kBadInput},
      {"train", {"--data=text"}, "neither a folder nor a zip archive", kBadInput},
      {"train", {"--options=nowhere.json"}, "nowhere.json: cannot open", kBadInput},
      {"train", {"--options=text"}, "not a JSON object", kBadInput},
      {"train", {"--options=images"}, "not a regular file", kBadInput},
      {"train", {"--resume=nowhere"}, "--resume=nowhere: no such file or folder", kBadInput},
      {"train", {"--resume=images"}, "no checkpoint in this folder", kBadInput},
      {"train", {"--resume=text"}, "text: ", kBadInput},
      {"train", {"--resume=latest"}, "no run with a checkpoint in training-runs", kBadInput},
      {"generate", {"--network=nowhere"}, "nowhere: ", kBadInput},
      {"generate", {"--network=images"}, "images: no checkpoint in this folder", kBadInput},
      {"generate", {"--network=text"}, "text: ", kBadInput},
      {"generate", {network, "--z=nowhere.npy"}, "nowhere.npy: ", kBadInput},
      {"generate", {network, "--w=text"}, "text: ", kBadInput},
      {"inspect", {"--network=nowhere"}, "nowhere: ", kBadInput},
      {"inspect", {"--network=images"}, "images: no checkpoint in this folder", kBadInput},
      {"inspect", {"--network=text"}, "text: ", kBadInput},
  };
  for (const Case& wrong : cases) {
    SCOPED_TRACE(absl::StrCat(wrong.tool, " ", ::testing::PrintToString(wrong.arguments)));
    EXPECT_THAT(Refused(wrong.tool, wrong.arguments, wrong.exit_code), HasSubstr(wrong.said));
  }
  EXPECT_GT(refused_, 110);
}

TEST_F(BadUsageTest, LostOutputIsAFailureOfEveryTool) {
  const std::vector<std::string> to_full_disk = {"sh", "-c", "exec \"$0\" \"$@\" > /dev/full"};
  for (const char* tool : {"bench", "convert", "dataset", "directions", "generate", "inspect", "interpolate", "metrics",
                           "mix", "project", "train"}) {
    for (const char* flag : {"--help", "--version"}) {
      const Outcome outcome = RunToolUnder(to_full_disk, tool, {flag}, folder_.path());
      EXPECT_EQ(outcome.exit_code, 1) << outcome;
      EXPECT_THAT(outcome.err, StartsWith(absl::StrCat(
                                   tool, ": cannot write to standard output; a part of what was printed is lost")));
    }
  }
  const Outcome dry_run = RunToolUnder(to_full_disk, "train", {"--options=options.json", "--dry-run"}, folder_.path());
  EXPECT_EQ(dry_run.exit_code, 1) << dry_run;
}

}  // namespace
}  // namespace sg::integration
