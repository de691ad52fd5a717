# What `cmake --install` puts where, as two components: `runtime`, what runs, and `dev`, what C++ programs are built with.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package_data ${CMAKE_INSTALL_DATADIR}/actsparse)
set(package_cmake ${CMAKE_INSTALL_LIBDIR}/cmake/actsparse)

install(TARGETS actsparse RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT runtime)
install(TARGETS actsparse_engine LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/actsparse COMPONENT runtime)
# Configs name their models by relative paths, so the two lie together here as well.
install(DIRECTORY configs sample_models DESTINATION ${package_data} COMPONENT runtime PATTERN "*.py" EXCLUDE)
install(FILES docs/config.schema.json DESTINATION ${package_data} COMPONENT runtime)
install(FILES README.md CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT runtime)
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR}/docs COMPONENT runtime
        FILES_MATCHING PATTERN "*.md" PATTERN "*.svg" PATTERN "*.png")
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME copyright COMPONENT runtime)
include(cmake/manual.cmake)

install(TARGETS actsparse_lib actsparse_config EXPORT actsparse ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT dev)
install(DIRECTORY lib/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/actsparse COMPONENT dev FILES_MATCHING PATTERN "*.h")
install(DIRECTORY docs/examples DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT dev)
install(EXPORT actsparse NAMESPACE actsparse:: FILE actsparseTargets.cmake DESTINATION ${package_cmake} COMPONENT dev)
configure_package_config_file(cmake/actsparseConfig.cmake.in ${PROJECT_BINARY_DIR}/actsparseConfig.cmake
  INSTALL_DESTINATION ${package_cmake})
# Before 1.0 a minor version may change what programs use.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/actsparseConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/actsparseConfig.cmake ${PROJECT_BINARY_DIR}/actsparseConfigVersion.cmake
  DESTINATION ${package_cmake} COMPONENT dev)

# LibTorch has no pkg-config file: its folders are written down.
get_target_property(torch_library torch LOCATION)
cmake_path(GET torch_library PARENT_PATH torch_libdir)
file(RELATIVE_PATH from_pkgconfig /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
list(TRANSFORM TORCH_INCLUDE_DIRS PREPEND -I OUTPUT_VARIABLE torch_includes)
list(JOIN torch_includes " " torch_includes)
configure_file(cmake/actsparse.pc.in actsparse.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/actsparse.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT dev)
