#pragma once
// The rules of the library: one function for each file of this folder.
#include "compact/rule.h"

namespace actsparse::rules {

using Rows = std::vector<OperatorRule>;

Rows attention_rows();
Rows container_rows();
Rows convolution_rows();
Rows elementwise_rows();
Rows fill_rows();
Rows gated_rows();
Rows indexing_rows();
Rows joined_rows();
Rows linear_rows();
Rows matmul_rows();
Rows movement_rows();
Rows normalization_rows();
Rows padding_rows();
Rows pooling_rows();
Rows recurrent_rows();
Rows reduction_rows();
Rows slicing_rows();

constexpr Rows (*all_rows[])() = {
    attention_rows, container_rows,    convolution_rows, elementwise_rows, fill_rows,
    gated_rows,     indexing_rows,     joined_rows,      linear_rows,      matmul_rows,
    movement_rows,  padding_rows,      pooling_rows,     recurrent_rows,   slicing_rows,
    reduction_rows, normalization_rows};

}  // namespace actsparse::rules
