#include <sstream>

#include "report/sample.h"
#include "support/catch.h"

using namespace actsparse;

TEST_CASE("A report as text: a table, the warnings, what was run and verified", "[report]") {
  std::ostringstream out;
  print_text(sample_report(), out);
  CHECK(out.str() ==
        "layer       type    calls  mask          kept   asked  sparsity\n"
        "block.conv  Conv2d      6  [16, 4, 4]  64/256  70.0 %    75.0 %\n"
        "fc          Linear      3  2 features     0/2       -   100.0 %\n"
        "(root)      Net         3  -                -  50.0 %         -\n"
        "warning: layer 'fc': the mask is all zero\n"
        "warning: layer 'aux': never called\n"
        "3 batches, 24 samples; loop 1.50 s, total 2.12 s\n"
        "precision: fast; the first batch's statistics differ by up to 2.5e-07 (layer 'fc')\n"
        "verified: 2 layers see input * mask bit for bit (9 calls, calibration batch): the "
        "masks are right, the answers need not be\n");
}

TEST_CASE("A fallback is said with its reason; of an exact run nothing is", "[report]") {
  Report report = sample_report();
  report.precision = PrecisionReport{{{}, "", "mode \"train\" cannot be frozen"}, "fast", "exact"};
  std::ostringstream fallback, exact;
  print_text(report, fallback);
  CHECK(contains(fallback.str(), "precision: exact (mode \"train\" cannot be frozen)\n"));
  report.precision = PrecisionReport{};
  print_text(report, exact);
  CHECK_FALSE(contains(exact.str(), "precision"));
}

TEST_CASE("Nothing is said about a verification that was not made", "[report]") {
  Report report = sample_report();
  report.verification.reset();
  std::ostringstream out;
  print_text(report, out);
  CHECK_FALSE(contains(out.str(), "verified"));
  CHECK(contains(out.str(), "3 batches"));
}
