#!/bin/sh
echo "SKIPPED: $1 needs the headers of the CUDA toolkit and of cuDNN, which are not installed (or --config=nocuda)"
