#include "report/evaluation_report.h"

#include <cmath>
#include <limits>
#include <sstream>

#include "report/sample.h"
#include "support/catch.h"

using namespace actsparse;

namespace {

EvaluationReport sample_evaluation() {
  Metric agreement;
  agreement.name = "agreement";
  agreement.output = "logits";
  agreement.value = 0.75;
  agreement.interval = Interval{0.5, 0.9};
  agreement.n = 8;
  Metric accuracy = agreement;
  accuracy.name = "accuracy";
  accuracy.baseline = 1.0;
  accuracy.baseline_interval = Interval{0.6, 1.0};
  accuracy.drop = 0.25;
  accuracy.drop_interval = Interval{0.1, 0.5};
  Metric error;
  error.name = "relative_error";
  error.output = "logits";
  error.value = std::numeric_limits<double>::quiet_NaN();
  Metric noise = error;
  noise.name = "snr_db";
  noise.value = std::numeric_limits<double>::infinity();
  OutputCounts logits;
  logits.output = "logits";
  logits.elements = 80;
  logits.samples = 8;
  logits.candidate_elements_not_finite = 1;
  logits.candidate_samples_not_finite = 1;
  EvaluationReport report;
  report.baseline = "net.pt";
  report.candidates.push_back({"masked.pt", {}});
  Judgement& judgement = report.candidates[0].judgement;
  judgement.metrics = {error, noise, agreement, accuracy};
  judgement.outputs = {logits};
  judgement.gates = {{"agreement", "logits", "min", 0.9, 0.75, false},
                     {"accuracy", "logits", "max_drop", 0.5, 0.25, true}};
  judgement.passed = false;
  judgement.warnings = {"NaN"};
  report.data = "evaluate.data";
  report.data_digest = "aa";
  report.batches = 2;
  report.samples = 8;
  report.warnings = {"of all"};
  report.seconds = 2;
  report.forward_seconds = 1.5;
  return report;
}

}  // namespace

TEST_CASE("An evaluation as JSON: metrics by name, NaN and infinity as text", "[report]") {
  const auto document = evaluation_document(sample_evaluation());
  CHECK(document["command"] == "evaluate");
  const auto& candidate = document["candidates"][0];
  CHECK(candidate["metrics"]["agreement"].dump() == R"({"value":0.75,"low":0.5,"high":0.9,"n":8})");
  CHECK(candidate["metrics"]["accuracy"]["drop"].dump() ==
        R"({"value":0.25,"low":0.1,"high":0.5})");
  CHECK(candidate["metrics"]["relative_error"]["value"] == "nan");
  CHECK(candidate["metrics"]["snr_db"]["value"] == "inf");
  CHECK(candidate["outputs"][0]["not_finite"]["candidate_elements"] == 1);
  CHECK(candidate["passed"] == false);
  CHECK(document["baseline"]["metrics"]["accuracy"]["value"] == 1.0);
  CHECK(document["timing"]["seconds"] == 2.0);
}

TEST_CASE("An evaluation that is read again is the same", "[report]") {
  Report report = sample_report();
  report.evaluation = sample_evaluation();
  const auto document = to_json(report);
  CHECK(document["evaluation"]["samples"] == 8);
  CHECK(document["timing"]["evaluation"]["forward_seconds"] == 1.5);
  CHECK(to_json(report_from_json(document)) == document);
}

TEST_CASE("An evaluation as text: a table, what was not finite, the gates", "[report]") {
  std::ostringstream out;
  print_text(sample_evaluation(), out);
  CHECK(out.str() ==
        "masked.pt against net.pt on 8 samples (evaluate.data)\n"
        "metric          baseline  candidate       95 % interval  worse by       95 % interval\n"
        "relative_error                  nan\n"
        "snr_db                          inf\n"
        "agreement                   75.00 %  50.00 % to 90.00 %\n"
        "accuracy        100.00 %    75.00 %  50.00 % to 90.00 %   25.00 %  10.00 % to 50.00 %\n"
        "warning: masked.pt: NaN\n"
        "gate FAILED: agreement of 'logits' is 0.75, below its minimum of 0.9\n"
        "gate passed: the drop of accuracy of 'logits' is 0.25, within its maximum of 0.5\n"
        "warning: of all\n"
        "evaluated in 2.00 s, 1.50 s of it in the models\n");
  CHECK(failed_gates(sample_evaluation()) ==
        "masked.pt: agreement of 'logits' is 0.75, below its minimum of 0.9");
}

TEST_CASE("A glance at one batch is one line, and what warnings there are", "[report]") {
  EvaluationReport report = sample_evaluation();
  report.is_glance = true;
  report.data = "calibration batch";
  report.warnings.clear();
  report.candidates[0].judgement.metrics[0].value = 0.125;
  std::ostringstream out;
  print_text(report, out);
  CHECK(out.str() ==
        "masked.pt: agrees with net.pt on 75.00 % of the answers (50.00 % to 90.00 %), relative "
        "error 0.125, on 8 samples of the calibration batch\n"
        "warning: masked.pt: NaN\n");
}
