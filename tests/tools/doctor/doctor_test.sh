#!/bin/bash
# The doctor's verdicts about made-up installations: dpkg-query is replaced, dpkg compares for real.
source tests/support/shell_test.sh
doctor="$PWD/tools/doctor/doctor.sh"
cd "$work"
mkdir bin
cat >bin/dpkg-query <<'QUERY'
#!/bin/bash
# dpkg-query -W -f '${Version}' PACKAGE
sed -nE "s/^${*: -1} (.*)/\1/p" installed | tr -d '\n'
QUERY
chmod +x bin/dpkg-query
export PATH="$work/bin:$PATH" OS_RELEASE="$work/os-release"

cat >fixed <<'VERSIONS'
libpng16-16 1.6.39-2+deb12u6
libjpeg62-turbo 1:2.1.5-2
libwebp7 1.2.4-0.2+deb12u1
libwebpdemux2 1.2.4-0.2+deb12u1
libwebpmux3 1.2.4-0.2+deb12u1
zlib1g 1:1.2.13.dfsg-1
libzip4 1.7.3-1+b1
VERSIONS
echo "VERSION_CODENAME=bookworm" >os-release

cp fixed installed
"$doctor" >out.txt || fail "everything is at its floor: $(cat out.txt)"
(("$(grep -c ' ok ' out.txt)" == 7)) || fail "seven libraries: $(cat out.txt)"

# One version below its floor.
sed 's/deb12u6/deb12u5/' fixed >installed
! "$doctor" >out.txt || fail "an old libpng passes"
expect "libpng16-16      1.6.39-2+deb12u5 BELOW 1.6.39-2+deb12u6" out.txt
expect "--only-upgrade libpng16-16" out.txt
(("$(grep -c ' ok ' out.txt)" == 6)) || fail "the others: $(cat out.txt)"

# A library that is not there cannot be attacked.
grep -v libwebp fixed >installed
"$doctor" >out.txt || fail "without WebP: $(cat out.txt)"
expect "libwebp7         not installed" out.txt

# On another system there is no verdict.
echo "VERSION_CODENAME=trixie" >os-release
sed 's/deb12u6/deb12u5/' fixed >installed
"$doctor" >out.txt || fail "another system: $(cat out.txt)"
expect "no floor known" out.txt
