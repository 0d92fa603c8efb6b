#include "tools/cli/cli.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/version.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/cli/exit_codes.h"

namespace sg::cli {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

struct Outcome {
  int code;
  std::string out, err;
};

std::string ReadAll(const std::string& path) {
  std::ifstream file(path);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

Outcome RunSample(const std::vector<std::string>& arguments) {
  const char* program = std::getenv("SAMPLE_PROGRAM");
  if (program == nullptr) return {-1, "", "SAMPLE_PROGRAM is not set"};
  const std::string out = absl::StrCat(::testing::TempDir(), "/out"), err = absl::StrCat(::testing::TempDir(), "/err");
  std::vector<char*> argv = {const_cast<char*>(program)};
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    dup2(open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), STDOUT_FILENO);
    dup2(open(err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), STDERR_FILENO);
    execv(program, argv.data());
    _exit(127);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, ReadAll(out), ReadAll(err)};
}

// The sentence on stderr, without the program's name and the pointer to --help; the exit code is checked.
std::string Complaint(const std::vector<std::string>& arguments) {
  const Outcome outcome = RunSample(arguments);
  EXPECT_EQ(outcome.code, kExitUsage);
  EXPECT_THAT(outcome.out, IsEmpty());
  EXPECT_THAT(outcome.err, StartsWith("sample: "));
  EXPECT_THAT(outcome.err, EndsWith("\nRun \"sample --help\" for examples and all flags.\n"));
  return outcome.err.substr(8, outcome.err.find('\n') - 8);
}

std::string Understood(const std::vector<std::string>& arguments) {
  const Outcome outcome = RunSample(arguments);
  EXPECT_EQ(outcome.code, kExitOk) << outcome.err;
  EXPECT_THAT(outcome.err, IsEmpty());
  return outcome.out;
}

TEST(CliTest, DefaultsWithoutArguments) {
  EXPECT_EQ(Understood({}), "data= batch=32 grad_accum=8 seed=0 gamma=10 mirror=1 dry_run=0 loss=0 metrics= given=\n");
}

TEST(CliTest, AcceptsEverySpelling) {
  EXPECT_EQ(Understood({"--data=a b", "--batch", "4", "--grad-accum=2", "--seed=7", "--gamma", "-1.5", "--nomirror",
                        "-n", "--loss=logistic", "--metrics=fid,kid"}),
            "data=a b batch=4 grad_accum=2 seed=7 gamma=-1.5 mirror=0 dry_run=1 loss=1 metrics=fid+kid "
            "given=data,batch,grad_accum,seed,gamma,mirror,dry_run,loss,metrics\n");
  EXPECT_THAT(Understood({"--grad_accum=3", "--no-mirror", "--dry-run"}),
              HasSubstr("grad_accum=3 seed=0 gamma=10 mirror=0 dry_run=1"));
  EXPECT_THAT(Understood({"--mirror=false", "--data", "-"}), HasSubstr("data=- "));
  EXPECT_THAT(Understood({"--data=--odd", "--"}), HasSubstr("data=--odd "));
}

TEST(CliTest, TwoValuesOfAFlagMustBeEqual) {
  EXPECT_EQ(Complaint({"--batch=4", "--batch", "8"}), "--batch is given twice, as \"4\" and as \"8\"");
  EXPECT_EQ(Complaint({"--grad-accum=1", "--grad_accum=2"}), "--grad-accum is given twice, as \"1\" and as \"2\"");
  EXPECT_EQ(Complaint({"--mirror", "--no-mirror"}), "--mirror is given twice, as \"true\" and as \"false\"");
  EXPECT_EQ(Complaint({"--width=8", "--width=-16"}), "--width is given twice, as \"8\" and as \"-16\"");
  EXPECT_THAT(Understood({"--batch=4", "--batch=4"}), EndsWith("given=batch\n"));
}

// Usually an unset variable of the shell.
TEST(CliTest, ATextMustNotBeEmpty) {
  EXPECT_EQ(Complaint({"--data="}), "--data is empty; leave it out");
  EXPECT_EQ(Complaint({"--data", ""}), "--data is empty; leave it out");
  EXPECT_EQ(Complaint({"--batch="}),
            "--batch is empty; give a whole number from -2147483648 to 2147483647, or leave it out for the default, "
            "\"32\"");
  EXPECT_EQ(Complaint({"--mirror="}),
            "--mirror is empty; give true or false, or leave it out for the default, \"true\"");
  EXPECT_EQ(Complaint({"--frame="}), "--frame is empty; give true or false, or leave it out for the default, \"true\"");
  EXPECT_THAT(Understood({"--metrics="}), HasSubstr("metrics= "));
}

TEST(CliTest, HelpAndVersionTakeNoValue) {
  EXPECT_EQ(Complaint({"--help=batch"}), "--help takes no value; write --help");
  EXPECT_EQ(Complaint({"--version="}), "--version takes no value; write --version");
  EXPECT_EQ(Complaint({"-h=1"}), "-h takes no value; write -h");
}

TEST(CliTest, ADashOfADocumentIsNamed) {
  const std::string advice = "it has a dash that is not the one of the keyboard, as copied text often has: type ";
  EXPECT_EQ(Complaint({"\u2013\u2013batch=4"}), "\"\u2013\u2013batch=4\" is no flag; " + advice + "--batch=4");
  EXPECT_EQ(Complaint({"\u2014batch", "4"}), "\"\u2014batch\" is no flag; " + advice + "--batch");
  EXPECT_EQ(Complaint({"-\u2013grad\u2010accum=4"}),
            "\"-\u2013grad\u2010accum=4\" is no flag; " + advice + "--grad-accum=4");
  EXPECT_EQ(Complaint({"\u2013n"}), "\"\u2013n\" is no flag; " + advice + "-n");
  EXPECT_EQ(Complaint({"\u2014data=my faces"}), "\"\u2014data=my faces\" is no flag; " + advice + "--'data=my faces'");
  EXPECT_EQ(Complaint({"--gamma=\u22121.5"}),
            "--gamma: \"\u22121.5\" is not allowed; expected a finite number like 0.5 or 1e-3; " + advice + "-1.5");
  // A name may have any dash.
  EXPECT_THAT(Understood({"--data=\u2014"}), HasSubstr("data=\u2014 "));
}

// width and frame are no ABSL_FLAGs.
TEST(CliTest, ListedFlagsAreCheckedAndReturnedAsText) {
  EXPECT_THAT(Understood({"--batch=4", "--width", "32", "--noframe"}),
              EndsWith("given=batch,width,frame frame:false width:32\n"));
  EXPECT_THAT(Understood({"--width=-16", "--frame"}), EndsWith("given=width,frame frame:true width:-16\n"));
  EXPECT_EQ(Complaint({"--width=wide"}),
            "--width: \"wide\" is not allowed; expected a whole number from -2147483648 to 2147483647");
  EXPECT_EQ(Complaint({"--frame=2"}), "--frame: \"2\" is not allowed; expected true or false");
  EXPECT_EQ(Complaint({"--widht=3"}), "unknown flag --widht; did you mean --width?");
  const std::string help = RunSample({"--help"}).out;
  EXPECT_THAT(help, HasSubstr("  --width=INTEGER  (default 64)\n      Width of an image.\n"));
  EXPECT_THAT(help, HasSubstr("  --[no]frame  (default true)\n      Draws a frame.\n"));
}

TEST(CliTest, HelpIsCuratedAndSucceeds) {
  for (const char* flag : {"-h", "--help"}) {
    const Outcome outcome = RunSample({flag});
    EXPECT_EQ(outcome.code, kExitOk);
    EXPECT_THAT(outcome.err, IsEmpty());
    EXPECT_THAT(outcome.out, StartsWith("sample: shows its flags\n\nUsage: sample [--flag=value ...]\n\nExamples:\n"
                                        "  sample --data=faces.zip\n      The usual.\n  sample --data=faces.zip -n\n"
                                        "\nData:\n  --data=TEXT  (no default)\n      Folder or zip of images.\n"
                                        "  --[no]mirror  (default true)\n"));
    EXPECT_THAT(outcome.out,
                HasSubstr("  --batch=INTEGER  (default 32)\n      Images per step. This description is long "
                          "enough to need a second line in\n      a terminal of usual width.\n"));
    EXPECT_THAT(outcome.out, HasSubstr("  --gamma=NUMBER  (default 10)\n"));
    EXPECT_THAT(outcome.out, HasSubstr("  --loss=VALUE  (default hinge)\n"));
    EXPECT_THAT(outcome.out, HasSubstr("  -n, --[no]dry-run  (default false)\n"));
    // No group names these two.
    EXPECT_THAT(outcome.out.substr(outcome.out.find("\nOther:\n")), HasSubstr("--metrics=LIST"));
    EXPECT_THAT(outcome.out.substr(outcome.out.find("\nOther:\n")), HasSubstr("--seed=INTEGER"));
    EXPECT_THAT(outcome.out.substr(outcome.out.find("\nOther:\n")), Not(HasSubstr("--batch")));
  }
}

TEST(CliTest, HelpIsGivenBesideAMistake) { EXPECT_EQ(RunSample({"--bacth=4", "--help"}).code, kExitOk); }

TEST(CliTest, Version) {
  const Outcome outcome = RunSample({"--version"});
  EXPECT_EQ(outcome.code, kExitOk);
  EXPECT_EQ(outcome.out, absl::StrCat("sample (stylegan2.cpp) ", kVersion, "\n"));
}

TEST(CliTest, UnknownFlagsAreAnsweredWithTheNearest) {
  EXPECT_EQ(Complaint({"--bacth=4"}), "unknown flag --bacth; did you mean --batch?");
  EXPECT_EQ(Complaint({"--grad-accums", "4"}), "unknown flag --grad-accums; did you mean --grad-accum?");
  EXPECT_EQ(Complaint({"-batch=4"}), "unknown flag -batch; did you mean --batch?");
  EXPECT_EQ(Complaint({"--dry"}), "unknown flag --dry; did you mean --dry-run?");
  EXPECT_EQ(Complaint({"--hlep"}), "unknown flag --hlep; did you mean --help?");
  EXPECT_EQ(Complaint({"--batchsize=4"}), "unknown flag --batchsize; did you mean --batch?");
  EXPECT_EQ(Complaint({"--wavelength=1"}), "unknown flag --wavelength");
  EXPECT_EQ(Complaint({"--=1"}), "unknown flag --");
}

TEST(CliTest, BadValuesNameFlagValueAndWhatIsAllowed) {
  EXPECT_EQ(Complaint({"--batch=four"}),
            "--batch: \"four\" is not allowed; expected a whole number from -2147483648 to 2147483647");
  EXPECT_EQ(
      Complaint({"--grad-accum", "9223372036854775808"}),
      "--grad-accum: \"9223372036854775808\" is not allowed; expected a whole number from -9223372036854775808 to "
      "9223372036854775807");
  EXPECT_EQ(Complaint({"--seed=-1"}),
            "--seed: \"-1\" is not allowed; expected a whole number from 0 to 18446744073709551615");
  EXPECT_EQ(Complaint({"--gamma=ten"}), "--gamma: \"ten\" is not allowed; expected a finite number like 0.5 or 1e-3");
  EXPECT_EQ(Complaint({"--gamma=nan"}), "--gamma: \"nan\" is not allowed; expected a finite number like 0.5 or 1e-3");
  EXPECT_EQ(Complaint({"--mirror=maybe"}), "--mirror: \"maybe\" is not allowed; expected true or false");
  EXPECT_EQ(Complaint({"--loss=wgan"}), "--loss: \"wgan\" is not allowed; expected hinge or logistic");
  EXPECT_EQ(Complaint({"--nomirror=true"}), "--nomirror takes no value; write --mirror=true or =false");
}

TEST(CliTest, MissingValues) {
  EXPECT_EQ(Complaint({"--batch"}), "--batch needs a value");
  EXPECT_EQ(Complaint({"--data", "--batch=4"}),
            "--data needs a value; one that starts with a dash is written --data=--batch=4");
  EXPECT_EQ(Complaint({"--data", "-my faces\n"}),
            "--data needs a value; one that starts with a dash is written --data=$'-my faces\\012'");
}

TEST(CliTest, ATildeBehindTheEqualsSignIsAHomeFolder) {
  setenv("HOME", "/elsewhere/somebody", 1);
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"--data=~/faces.zip"}, {"--data", "~/faces.zip"}}) {
    EXPECT_THAT(RunSample(arguments).out, HasSubstr("/elsewhere/somebody/faces.zip"));
  }
  EXPECT_THAT(RunSample({"--data=./~"}).out, HasSubstr("./~"));
}

TEST(CliTest, BareArgumentsAreRejectedWithAHint) {
  EXPECT_EQ(Complaint({"faces.zip"}), "unexpected argument \"faces.zip\"; did you mean --data=faces.zip?");
  EXPECT_EQ(Complaint({"grad-accum=4"}), "unexpected argument \"grad-accum=4\"; did you mean --grad-accum=4?");
  EXPECT_EQ(Complaint({"--mirror", "false"}), "unexpected argument \"false\"; did you mean --mirror=false?");
  EXPECT_EQ(Complaint({"--", "--batch=4"}), "unexpected argument \"--batch=4\"; did you mean --data=--batch=4?");
  EXPECT_EQ(Complaint({"my faces.zip"}), "unexpected argument \"my faces.zip\"; did you mean --data='my faces.zip'?");
  EXPECT_EQ(Complaint({""}), "unexpected argument \"\"; every input is a flag");
  EXPECT_EQ(Complaint({"two\nlines"}), "unexpected argument \"two\\nlines\"; did you mean --data=$'two\\012lines'?");
}

TEST(CliTest, ControlCharactersDoNotReachTheTerminal) {
  EXPECT_EQ(Complaint({"--batch=\x1b[2J"}),
            "--batch: \"\\x1b[2J\" is not allowed; expected a whole number from -2147483648 to 2147483647");
  EXPECT_THAT(Complaint({"--b\x1b]0;x"}), Not(HasSubstr("\x1b")));
  EXPECT_THAT(Complaint({"\x1b[31m"}), Not(HasSubstr("\x1b")));
}

TEST(CliTest, AnErrorThatQuotesAFileDoesNotCommandTheTerminal) {
  testing::internal::CaptureStderr();
  EXPECT_EQ(Fail({"tool", "", {}, {}, ""}, kExitBadInput, absl::DataLossError("unknown field \"\x1b[2J\"")),
            kExitBadInput);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "tool: unknown field \"\\x1b[2J\"\n");
}

TEST(CliTest, UsageErrorOfTheToolItself) { EXPECT_EQ(Complaint({"--batch=0"}), "--batch must be at least 1"); }

}  // namespace
}  // namespace sg::cli
