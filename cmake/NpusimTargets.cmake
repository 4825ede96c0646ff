# Compile options shared by every target, and the two helpers that declare a library and a test.
add_library(npusim_options INTERFACE)
target_include_directories(npusim_options INTERFACE $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}>
                                                    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/npusim>)
target_compile_features(npusim_options INTERFACE cxx_std_20)
# Our warnings are not those of a program that embeds the libraries.
add_library(npusim_warnings INTERFACE)
target_compile_options(npusim_warnings INTERFACE -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Wold-style-cast
                                                 -Wcast-align -Woverloaded-virtual -Wconversion -Wno-sign-conversion)
if(NPUSIM_WERROR)
  target_compile_options(npusim_warnings INTERFACE -Werror)
endif()
target_link_libraries(npusim_options INTERFACE $<BUILD_INTERFACE:npusim_warnings>)
if(NPUSIM_SANITIZE)
  target_compile_options(npusim_options INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=all
                                                  -fno-omit-frame-pointer)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")  # false alarms of g++ 12 when instrumented
    target_compile_options(npusim_options INTERFACE -Wno-maybe-uninitialized)
  endif()
  target_link_options(npusim_options INTERFACE -fsanitize=address,undefined)
endif()
if(NPUSIM_FUZZ)
  target_compile_options(npusim_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(NPUSIM_TIDY)
  set(CMAKE_CXX_CLANG_TIDY clang-tidy)
endif()
find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
endif()

# npusim_library(name SOURCES file... DEPS target...)
function(npusim_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC npusim_options ${ARG_DEPS})
  if(NOT CMAKE_CURRENT_SOURCE_DIR MATCHES "^${CMAKE_SOURCE_DIR}/(tests|bench)")
    install(TARGETS ${name} EXPORT npusimTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}/npusim
            COMPONENT development)
  endif()
endfunction()

# npusim_test(name SOURCES file... DEPS target...): a Catch2 program; one ctest entry per test case. A case that
# prints a line beginning "SKIPPED:" (it needs ../shared, which is absent) is reported by ctest as skipped.
function(npusim_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE npusim_test_main ${ARG_DEPS})
  catch_discover_tests(${name} TEST_PREFIX "${name}: " DISCOVERY_MODE PRE_TEST
                       PROPERTIES SKIP_REGULAR_EXPRESSION "SKIPPED:" TIMEOUT 600)
endfunction()
