#include "functions/functions.h"

#include "pipeline/requests.h"
#include "report/answer.h"
#include "report/function_list.h"

namespace actsparse {

Answer perform(const FunctionsRequest& /*request*/) { return FunctionList{FunctionTable().list()}; }

}  // namespace actsparse
