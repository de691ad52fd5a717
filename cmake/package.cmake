# `cpack`: Debian packages, one for each component of cmake/install.cmake. scripts/package makes them.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME actsparse)
set(CPACK_PACKAGE_CONTACT "actsparse maintainers <maintainers@actsparse.invalid>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL runtime dev)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)

set(CPACK_DEBIAN_RUNTIME_PACKAGE_NAME actsparse)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SECTION science)
set(CPACK_COMPONENT_RUNTIME_DESCRIPTION "mask the activations of TorchScript models
 Calibrates a TorchScript model on data, masks what enters its layers, repairs
 and removes what was masked, and says what it costs in answers. No Python.")
# Without a fast BLAS LibTorch is 40 times slower; apt would take the reference one.
set(CPACK_DEBIAN_RUNTIME_PACKAGE_DEPENDS "libopenblas0-openmp | libopenblas0")

set(CPACK_DEBIAN_DEV_PACKAGE_NAME actsparse-dev)
set(CPACK_DEBIAN_DEV_PACKAGE_SECTION libdevel)
set(CPACK_COMPONENT_DEV_DESCRIPTION "library and headers of actsparse
 For C++ programs that calibrate and mask TorchScript models themselves.")
set(CPACK_DEBIAN_DEV_PACKAGE_DEPENDS
  "libtorch-dev, nlohmann-json3-dev, libspdlog-dev, libssl-dev, libzip-dev, libpng-dev, libjpeg-dev, libgloo-dev, pkg-config")
include(CPack)
