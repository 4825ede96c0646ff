# What the libraries link, found on the system (Debian packages; see scripts/packages.txt). No downloads. Part of the
# installed CMake package too, for whoever links them.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)
find_package(Boost 1.74 REQUIRED COMPONENTS filesystem system)
# Sweeps over many machines; without it only local processes.
find_package(MPI QUIET COMPONENTS CXX)
find_package(Boost 1.74 QUIET OPTIONAL_COMPONENTS mpi serialization)
find_package(Protobuf REQUIRED)
find_package(ONNX REQUIRED)
find_package(JPEG REQUIRED)
find_package(PNG REQUIRED)
find_package(CLI11 REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(OpenMP REQUIRED COMPONENTS CXX)
pkg_check_modules(MUPARSER REQUIRED IMPORTED_TARGET muparser)

# The CMake package of Debian's libdnnl-dev asks for OpenCL headers, which the CPU engine does not need.
find_library(DNNL_LIBRARY dnnl REQUIRED)
find_path(DNNL_INCLUDE_DIR oneapi/dnnl/dnnl.hpp REQUIRED)
add_library(npusim_dnnl INTERFACE IMPORTED GLOBAL)
target_link_libraries(npusim_dnnl INTERFACE ${DNNL_LIBRARY})
target_include_directories(npusim_dnnl INTERFACE ${DNNL_INCLUDE_DIR})

# Debian's SystemC is compiled as C++17; code in C++20 links with it only if it says so (see docs/architecture.md).
pkg_check_modules(SYSTEMC REQUIRED IMPORTED_TARGET systemc)
add_library(npusim_systemc INTERFACE IMPORTED GLOBAL)
target_link_libraries(npusim_systemc INTERFACE PkgConfig::SYSTEMC)
target_compile_definitions(npusim_systemc INTERFACE SC_CPLUSPLUS=201703L SC_INCLUDE_DYNAMIC_PROCESSES)
