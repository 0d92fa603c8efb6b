// How a picture was made, read from its file, to make it again.
//
//   ParseResult parsed = Parse(program, argc, argv);
//   const absl::StatusOr<Recipe> recipe = ApplyRecipe(program, "seed0085.png", &parsed);
#ifndef TOOLS_CLI_RECIPE_H_
#define TOOLS_CLI_RECIPE_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/types/optional.h"
#include "tools/cli/cli.h"
#include "tools/cli/program.h"

namespace sg::cli {

struct Recipe {
  absl::optional<int64_t> row;  // the only row to take of the file of --z or --w
};

// Sets the flags that the text in a PNG file of `generate` names, as if they were on the command line. Flags of the
// command line stay: `parsed` tells them, and gets the others. With latents of its own, the command line keeps those.
// Errors begin with the path: those of the file, FailedPrecondition for a picture without such a text or of another
// program, and for a value that does not fit its flag.
absl::StatusOr<Recipe> ApplyRecipe(const Program& program, const std::string& path, ParseResult* parsed);

}  // namespace sg::cli

#endif  // TOOLS_CLI_RECIPE_H_
