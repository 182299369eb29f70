#!/bin/sh
# Measures the GPU of this machine and trains on it. Needs Linux x64 with glibc and a Vulkan driver, nothing else.
# ./run.sh --help says what can be chosen; results go to $OUT, ./out where it is not set.
here=$(cd "${0%/*}" && pwd)
exec "$here/node" "$here/main.mjs" "$@"
