#pragma once
// One rule per family of operators. A rule says of a node how the channels of its results belong to
// those of its inputs (Visit::give), which are needed (Visit::need), and what is to be changed at
// the node when some are removed (Visit::edit). To add one: write it in a file of rules/, declare
// it here, name its operators in the table of rule.cpp.
#include "compact/visit.h"

namespace actsparse {

using Rule = void (*)(Visit&);

/// The rule for operators of this kind; null if there is none.
Rule find_rule(c10::Symbol kind);

// Contractions: each output channel reads all input channels (of its group).
void convolution(Visit& visit);
void linear(Visit& visit);
void matmul_with_constant(Visit& visit);
void recurrent(Visit& visit);

// Channel by channel.
void elementwise(Visit& visit);  ///< of one activation: relu, gelu, x * 2
void binary(Visit& visit);       ///< of two, or of one and a constant
void prelu(Visit& visit);
void pooling(Visit& visit);
void mean(Visit& visit);
void batch_norm(Visit& visit);
void instance_norm(Visit& visit);
void group_norm(Visit& visit);
void over_axes(Visit& visit);  ///< layer_norm, softmax: over axes that hold no channels

// Elements move, values stay.
void movement(Visit& visit);
void resize(Visit& visit);  ///< view, reshape, expand: new sizes are arguments
void split(Visit& visit);
void slice(Visit& visit);
void index_select(Visit& visit);
void pad(Visit& visit);

// No tensors, or several.
void size(Visit& visit);
void reads_no_values(Visit& visit);  ///< dim, dtype, device
void make_list(Visit& visit);
void unpack_list(Visit& visit);
void make_dict(Visit& visit);
void append(Visit& visit);
void set_item(Visit& visit);
void item(Visit& visit);
void same_value(Visit& visit);  ///< detach, unchecked_cast: its input under another name

}  // namespace actsparse
