// What most sources of the libraries include: see precompiled_header.bzl.
#ifndef TOOLS_BUILD_DEFS_LIBRARY_HEADERS_H_
#define TOOLS_BUILD_DEFS_LIBRARY_HEADERS_H_

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

#endif  // TOOLS_BUILD_DEFS_LIBRARY_HEADERS_H_
