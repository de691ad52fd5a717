#include "pipeline/evaluation_answer.h"

#include "base/error.h"

namespace actsparse {

Answer evaluation_answer(EvaluationReport evaluated) {
  const auto report = std::make_shared<const EvaluationReport>(std::move(evaluated));
  Answer answer{[report] { return evaluation_document(*report); },
                [report](std::ostream& out) { print_text(*report, out); }};
  fail_by_gates(answer, *report, "see the report");
  return answer;
}

void fail_by_gates(Answer& answer, const std::optional<EvaluationReport>& evaluation,
                   const std::string& consequence) {
  if (!evaluation || evaluation->passed()) return;
  answer.fail(Error(ErrorKind::Check,
                    "a quality gate failed: " + failed_gates(*evaluation) + "; " + consequence));
}

}  // namespace actsparse
