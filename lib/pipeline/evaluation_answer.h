#pragma once
#include <optional>
#include <string>

#include "report/answer.h"
#include "report/evaluation_report.h"

namespace actsparse {

/// It fails with Error(Check) if a gate has failed.
Answer evaluation_answer(EvaluationReport report);

/// The same of a command that has written files; `consequence` says what became of them.
void fail_by_gates(Answer& answer, const std::optional<EvaluationReport>& evaluation,
                   const std::string& consequence);

}  // namespace actsparse
