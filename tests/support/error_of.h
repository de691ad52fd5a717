#pragma once
// What a test expects to be thrown. Apart from catch.h, so that tests of what throws nothing are
// not built anew with base/error.h.
#include "base/error.h"
#include "support/catch.h"

namespace actsparse {

/// The Error that `call` throws; the test fails if it throws none, or another type.
template <class Call>
Error error_of(Call&& call) {
  try {
    call();
  } catch (const Error& error) {
    return error;
  }
  FAIL("no actsparse::Error was thrown");
  return Error(ErrorKind::Internal, "not reached");
}

}  // namespace actsparse
