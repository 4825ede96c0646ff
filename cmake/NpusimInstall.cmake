# The CMake package for programs that embed npusim: find_package(npusim), target npusim::npusim, variable
# npusim_EXECUTABLE. docs/embedding.md has an example.
include(CMakePackageConfigHelpers)

add_library(npusim_embed INTERFACE)
target_link_libraries(npusim_embed INTERFACE npusim_cli)
set_target_properties(npusim_embed PROPERTIES EXPORT_NAME npusim)

set(NPUSIM_PACKAGE_FOLDER ${CMAKE_INSTALL_LIBDIR}/cmake/npusim)
install(TARGETS npusim_embed npusim_options EXPORT npusimTargets COMPONENT development)
install(EXPORT npusimTargets NAMESPACE npusim:: DESTINATION ${NPUSIM_PACKAGE_FOLDER} COMPONENT development)
install(DIRECTORY hw compiler workloads sim DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/npusim COMPONENT development
        FILES_MATCHING PATTERN "*.h" PATTERN "train" EXCLUDE PATTERN "trained" EXCLUDE)
configure_package_config_file(cmake/npusim-config.cmake.in ${CMAKE_BINARY_DIR}/npusim-config.cmake
                              INSTALL_DESTINATION ${NPUSIM_PACKAGE_FOLDER} PATH_VARS CMAKE_INSTALL_BINDIR)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/npusim-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/npusim-config.cmake ${CMAKE_BINARY_DIR}/npusim-config-version.cmake
              cmake/NpusimDependencies.cmake
        DESTINATION ${NPUSIM_PACKAGE_FOLDER} COMPONENT development)
