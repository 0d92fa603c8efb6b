// A tool with a flag of every kind, for cli_test to run: it prints what it understood.
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "tools/cli/cli.h"

enum class Loss { kHinge, kLogistic };

static bool AbslParseFlag(absl::string_view text, Loss* loss, std::string* error) {
  if (text == "hinge") return *loss = Loss::kHinge, true;
  if (text == "logistic") return *loss = Loss::kLogistic, true;
  *error = "hinge or logistic";
  return false;
}

static std::string AbslUnparseFlag(Loss loss) { return loss == Loss::kHinge ? "hinge" : "logistic"; }

ABSL_FLAG(std::string, data, "", "Folder or zip of images.");
ABSL_FLAG(int32_t, batch, 32,
          "Images per step. This description is long enough to need a second line in a terminal of usual width.");
ABSL_FLAG(int64_t, grad_accum, 8, "Parts of a batch.");
ABSL_FLAG(uint64_t, seed, 0, "Seed.");
ABSL_FLAG(double, gamma, 10.0, "Weight of R1.");
ABSL_FLAG(bool, mirror, true, "Mirrors half of the images.");
ABSL_FLAG(bool, dry_run, false, "Prints the options and stops.");
ABSL_FLAG(Loss, loss, Loss::kHinge, "Adversarial loss.");
ABSL_FLAG(std::vector<std::string>, metrics, {}, "Metrics.");

int main(int argc, char** argv) {
  const sg::cli::Program program = {
      "sample",
      "shows its flags",
      {{"sample --data=faces.zip", "The usual."}, {"sample --data=faces.zip -n", ""}},
      {{"Data", {"data", "mirror"}}, {"Training", {"batch", "grad_accum", "gamma", "loss", "dry_run"}}},
      "data",
      {{"width", sg::cli::FlagType::kInt32, "64", "Width of an image."},
       {"frame", sg::cli::FlagType::kBool, "true", "Draws a frame."}},
  };
  const sg::cli::ParseResult parsed = sg::cli::Parse(program, argc, argv);
  if (parsed.exit_code) return *parsed.exit_code;
  if (absl::GetFlag(FLAGS_batch) < 1) return sg::cli::UsageError(program, "--batch must be at least 1");
  std::string values;
  for (const auto& [name, text] : parsed.values) values += " " + name + ":" + text;
  std::printf("data=%s batch=%d grad_accum=%d seed=%llu gamma=%g mirror=%d dry_run=%d loss=%d metrics=%s given=%s%s\n",
              absl::GetFlag(FLAGS_data).c_str(), absl::GetFlag(FLAGS_batch),
              static_cast<int>(absl::GetFlag(FLAGS_grad_accum)),
              static_cast<unsigned long long>(absl::GetFlag(FLAGS_seed)), absl::GetFlag(FLAGS_gamma),
              absl::GetFlag(FLAGS_mirror), absl::GetFlag(FLAGS_dry_run), static_cast<int>(absl::GetFlag(FLAGS_loss)),
              absl::StrJoin(absl::GetFlag(FLAGS_metrics), "+").c_str(), absl::StrJoin(parsed.given, ",").c_str(),
              values.c_str());
  return 0;
}
