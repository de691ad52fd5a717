#include "report/shares.h"

#include "report/json_fields.h"

namespace actsparse {

void add_fields(const Shares& shares, OrderedJson& document) {
  document["macs"] = value_or_null(shares.macs);
  document["parameters"] = value_or_null(shares.parameters);
  if (shares.time) document["time"] = *shares.time;
}

}  // namespace actsparse
