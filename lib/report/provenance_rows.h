#pragma once
#include "config/provenance.h"
#include "report/table.h"

namespace actsparse {

/// Digests and versions, a line each.
Rows rows(const Provenance& origin);

}  // namespace actsparse
