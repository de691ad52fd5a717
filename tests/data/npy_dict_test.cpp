#include "data/npy_dict.h"

#include <stdexcept>

#include "support/catch.h"

using namespace actsparse;

TEST_CASE("a npy dict is read in every spelling Python gives it", "[data]") {
  const NpyDict dict =
      parse_npy_dict("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }   \n");
  CHECK(dict.descr == "<f4");
  CHECK_FALSE(dict.fortran_order);
  CHECK(dict.shape == std::vector<int64_t>{3, 4});
  const NpyDict other =
      parse_npy_dict("{\"shape\":(5L,),\"fortran_order\":True,\"descr\":\"|b1\"}");
  CHECK(other.descr == "|b1");
  CHECK(other.fortran_order);
  CHECK(other.shape == std::vector<int64_t>{5});
  CHECK(parse_npy_dict("{'descr':'<f4','fortran_order':False,'shape':()}").shape.empty());
  CHECK(
      parse_npy_dict("{'descr':[('a]','<f4'),('b','<i4',(2,))],'fortran_order':False,'shape':(1,)}")
          .structured);
}

TEST_CASE("a npy dict that is anything else is refused", "[data]") {
  const std::string text =
      GENERATE("", "{", "{}", "[]", "{'descr': '<f4'}", "{'descr': '<f4', 'fortran_order': False}",
               "{'descr': '<f4', 'fortran_order': False, 'shape': (3)}",
               "{'descr': '<f4', 'fortran_order': False, 'shape': (3 4)}",
               "{'descr': '<f4', 'fortran_order': False, 'shape': (-3,)}",
               "{'descr': '<f4', 'fortran_order': False, 'shape': (3.5,)}",
               "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}",
               "{'descr': '<f4', 'fortran_order': 0, 'shape': (3,)}",
               "{'descr': '<f4', 'fortran_order': False, 'shape': (3,)} x",
               "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (3,)}",
               "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), 'more': 'x'}",
               "{'descr': [('a', '<f4'), 'fortran_order': False, 'shape': (3,)}",
               "{'descr': '<f4, 'fortran_order': False, 'shape': (3,)}");
  CAPTURE(text);
  CHECK_THROWS_AS(parse_npy_dict(text), std::runtime_error);
}
