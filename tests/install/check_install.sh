#!/bin/sh
# Installs the build folder $1 below the folder $2, runs the installed tool from elsewhere, then configures, builds and
# runs the program in $3 against the installed package. $4: the C++ compiler of the build.
set -e
rm -rf "$2"
mkdir -p "$2"
cmake --install "$1" --prefix "$2/prefix" > "$2/install.log"
cd "$2"
prefix/bin/npusim archs > archs.txt
grep -q shift_npu archs.txt
cmake -S "$3" -B build -DCMAKE_PREFIX_PATH="$2/prefix" -DCMAKE_CXX_COMPILER="$4" > configure.log
cmake --build build > build.log
build/consumer
cd / && rm -rf "$2"
