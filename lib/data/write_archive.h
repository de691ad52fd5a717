#pragma once
#include <ATen/core/ivalue.h>

#include <ostream>
#include <string>

namespace actsparse {

/// Writes a document (untyped dicts and lists, numbers, strings, tensors) as a zip archive that
/// torch.load(path) reads with its defaults, and read_pickle() too. Equal documents give equal
/// bytes. Throws Error(Output) if `out` fails; `what` names the document: "the state".
void write_archive(const c10::IValue& document, std::ostream& out, const std::string& what);

/// The same in memory, for another process of this actsparse.
std::string archive_bytes(const c10::IValue& document);
/// The reverse. Throws Error(State).
c10::IValue document_from_bytes(const std::string& bytes);

}  // namespace actsparse
