#pragma once
// What differs between the LibTorch versions.
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

namespace actsparse {

template <class Options>
auto set_libuv(Options& options, int /*preferred*/) -> decltype(options.useLibUV, void()) {
  options.useLibUV = false;  // the default since 2.4, but not in every build
}
template <class Options>
void set_libuv(Options& /*options*/, long /*fallback*/) {}

/// The server of every build; clients speak to any.
inline void take_any_backend(c10d::TCPStoreOptions& options) { set_libuv(options, 0); }

}  // namespace actsparse
