#!/bin/bash
# Prints page_source.cc: make_page_source.sh PAGE_HTML PAGE_CSS JS... The scripts become one, in their order.
set -euo pipefail

hash_of() { # as a Content-Security-Policy writes it
  printf "'sha256-%s'" "$(sha256sum <"$1" | cut -c -64 | tr a-f A-F | basenc --base16 --decode | base64)"
}

# text NAME FILE
text() {
  ! grep -q ')page"' "$2" || { echo "$2 contains )page\", which ends a string" >&2; exit 1; }
  printf 'extern const char %s[] = R"page(' "$1"
  cat "$2"
  printf ')page";\n'
}

script="$(mktemp)"
trap 'rm -f "$script"' EXIT
cat "${@:3}" >"$script"
echo '#include "tools/report/page_source.h"'
echo 'namespace sg::report {'
text kPageHtml "$1"
text kPageCss "$2"
text kPageJs "$script"
echo "extern const char kPageCssHash[] = \"$(hash_of "$2")\";"
echo "extern const char kPageJsHash[] = \"$(hash_of "$script")\";"
echo '}  // namespace sg::report'
