#pragma once
namespace actsparse {

/// Every built-in function with its parameters, on stdout.
void print_functions(bool json);

}  // namespace actsparse
