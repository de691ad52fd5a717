#pragma once
// Catch2 2 (Debian 12) and 3 (newer), under one include.
// LibTorch first: its logging defines a CHECK of its own that would replace Catch2's.
#include <ATen/core/ivalue.h>
#ifdef CATCH2_V3
#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers.hpp>
using Catch::Approx;
#else
#include <catch2/catch.hpp>
#endif

#include <string>

namespace actsparse {

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace actsparse
