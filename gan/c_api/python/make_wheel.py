#!/usr/bin/env python3
"""Packs the Python package and the library that it loads into a wheel; equal files give an equal wheel.

  make_wheel.py WHEEL LICENSE README FILE...

WHEEL is named as PEP 427 wants it, and its name says the version and the platform. FILEs go into the package.
"""

import base64
import hashlib
import os
import sys
import zipfile

_METADATA = """\
Metadata-Version: 2.1
Name: {name}
Version: {version}
Summary: Pictures of trained StyleGAN2 generators, by the C library of stylegan2.cpp
License: MIT
Platform: linux_x86_64
Classifier: License :: OSI Approved :: MIT License
Classifier: Operating System :: POSIX :: Linux
Classifier: Programming Language :: Python :: 3
Requires-Python: >=3.8
Provides-Extra: numpy
Requires-Dist: numpy >=1.23 ; extra == 'numpy'
Description-Content-Type: text/markdown

{readme}"""

_WHEEL = """\
Wheel-Version: 1.0
Generator: stylegan2.cpp
Root-Is-Purelib: false
Tag: {tag}
"""

_FIRST_DATE = (1980, 1, 1, 0, 0, 0)  # that a zip archive can have


def read(path):
    with open(path, "rb") as f:
        return f.read()


def add(archive, name, data):
    entry = zipfile.ZipInfo(name, _FIRST_DATE)
    entry.external_attr = (0o100755 if ".so" in name else 0o100644) << 16
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, data)


def main():
    wheel, license_file, readme, *files = sys.argv[1:]
    name, version, tag = os.path.basename(wheel)[:-len(".whl")].split("-", 2)
    info = f"{name}-{version}.dist-info"
    contents = {f"{name}/{os.path.basename(path)}": read(path) for path in sorted(files, key=os.path.basename)}
    contents[f"{info}/LICENSE"] = read(license_file)
    contents[f"{info}/METADATA"] = _METADATA.format(name=name, version=version, readme=read(readme).decode()).encode()
    contents[f"{info}/WHEEL"] = _WHEEL.format(tag=tag).encode()
    record = ""
    for path, data in contents.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        record += f"{path},sha256={digest},{len(data)}\n"
    contents[f"{info}/RECORD"] = (record + f"{info}/RECORD,,\n").encode()
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, data in contents.items():
            add(archive, path, data)


if __name__ == "__main__":
    main()
