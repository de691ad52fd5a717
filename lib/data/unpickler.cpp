#include "data/unpickler.h"

#include <spdlog/fmt/fmt.h>

#include <cstring>
#include <stdexcept>
#include <utility>

#include "data/byte_cursor.h"
#include "data/pickle_globals.h"
#include "data/pickle_stack.h"

namespace actsparse {
namespace {

using c10::IValue;

// The names and codes are Python's (pickletools).
enum class Op : uint8_t {
  Mark = '(',
  Stop = '.',
  None = 'N',
  NewTrue = 0x88,
  NewFalse = 0x89,
  BinInt = 'J',
  BinInt1 = 'K',
  BinInt2 = 'M',
  Long1 = 0x8a,
  BinFloat = 'G',
  BinUnicode = 'X',
  ShortBinUnicode = 0x8c,
  EmptyTuple = ')',
  Tuple = 't',
  Tuple1 = 0x85,
  Tuple2 = 0x86,
  Tuple3 = 0x87,
  EmptyList = ']',
  Append = 'a',
  Appends = 'e',
  EmptyDict = '}',
  SetItem = 's',
  SetItems = 'u',
  GlobalName = 'c',
  NewObject = 0x81,
  Build = 'b',
  StackGlobal = 0x93,
  Reduce = 'R',
  BinPersId = 'Q',
  BinGet = 'h',
  LongBinGet = 'j',
  BinPut = 'q',
  LongBinPut = 'r',
  Memoize = 0x94,
  Proto = 0x80,
  Frame = 0x95,
};

class Unpickler {
 public:
  Unpickler(const std::string& pickle, const TensorLoader& load_tensor, int64_t most_bytes)
      : bytes_(pickle), load_tensor_(load_tensor), stack_(most_bytes) {}

  IValue run() {
    for (;;) {
      const auto op = static_cast<Op>(bytes_.number(1));
      if (op == Op::Stop) break;
      if (!scalar(op) && !container(op) && !reference(op))
        throw std::runtime_error(fmt::format(
            "pickle opcode {:#04x} is not known here; save it with torch.save's default "
            "protocol",
            static_cast<int>(op)));
    }
    IValue result = stack_.pop_result();
    if (result.isCapsule()) throw std::runtime_error("it holds a name instead of a value");
    return result;
  }

 private:
  // Each of these three does one family of opcodes; false: not of this family.
  bool scalar(Op op) {
    switch (op) {
      case Op::None:
        stack_.push({});
        break;
      case Op::NewTrue:
        stack_.push(true);
        break;
      case Op::NewFalse:
        stack_.push(false);
        break;
      case Op::BinInt:
        stack_.push(bytes_.signed_number(4));
        break;
      case Op::BinInt1:
        stack_.push(static_cast<int64_t>(bytes_.number(1)));
        break;
      case Op::BinInt2:
        stack_.push(static_cast<int64_t>(bytes_.number(2)));
        break;
      case Op::Long1:
        stack_.push(bytes_.signed_number(bytes_.number(1)));
        break;
      case Op::BinFloat:
        stack_.push(big_endian_double());
        break;
      case Op::BinUnicode:
        stack_.push(bytes_.text(bytes_.number(4)));
        break;
      case Op::ShortBinUnicode:
        stack_.push(bytes_.text(bytes_.number(1)));
        break;
      default:
        return false;
    }
    return true;
  }

  bool container(Op op) {
    switch (op) {
      case Op::Mark:
        stack_.mark();
        break;
      case Op::EmptyTuple:
        stack_.push_tuple({});
        break;
      case Op::Tuple:
        stack_.push_tuple(stack_.pop_to_mark());
        break;
      case Op::Tuple1:
      case Op::Tuple2:
      case Op::Tuple3:
        stack_.push_tuple(
            stack_.pop_many(1 + static_cast<size_t>(op) - static_cast<size_t>(Op::Tuple1)));
        break;
      case Op::EmptyList:
        stack_.push_list();
        break;
      case Op::Append:
        stack_.append(stack_.pop_many(1));
        break;
      case Op::Appends:
        stack_.append(stack_.pop_to_mark());
        break;
      case Op::EmptyDict:
        stack_.push_dict();
        break;
      case Op::SetItem:
        stack_.set_items(stack_.pop_many(2));
        break;
      case Op::SetItems:
        stack_.set_items(stack_.pop_to_mark());
        break;
      default:
        return false;
    }
    return true;
  }

  bool reference(Op op) {
    switch (op) {
      case Op::Proto:
        bytes_.number(1);
        break;
      case Op::Frame:
        bytes_.number(8);
        break;
      case Op::GlobalName:
        push_global_lines();
        break;
      case Op::StackGlobal:
        push_global(stack_.pop_many(2));
        break;
      case Op::Reduce:
        reduce(stack_.pop_many(2));
        break;
      case Op::NewObject:
        stack_.push(new_object(stack_.pop_many(2)[0]));
        break;
      case Op::Build:
        set_state(stack_.pop_many(2));
        break;
      case Op::BinPersId:
        stack_.push(persistent_storage(stack_.pop()));
        break;
      case Op::BinGet:
        stack_.push_memoized(bytes_.number(1));
        break;
      case Op::LongBinGet:
        stack_.push_memoized(bytes_.number(4));
        break;
      case Op::BinPut:
        stack_.memoize(bytes_.number(1));
        break;
      case Op::LongBinPut:
        stack_.memoize(bytes_.number(4));
        break;
      case Op::Memoize:
        stack_.memoize_next();
        break;
      default:
        return false;
    }
    return true;
  }

  void push_global(const std::string& module, const std::string& name) {
    stack_.push(hold(known_global(module + "." + name)));
  }

  void push_global_lines() {
    const std::string module = bytes_.line();
    push_global(module, bytes_.line());
  }

  void push_global(const std::vector<IValue>& names) {
    if (!names[0].isString() || !names[1].isString()) throw std::runtime_error("expected a name");
    push_global(names[0].toStringRef(), names[1].toStringRef());
  }

  void reduce(const std::vector<IValue>& call) {
    stack_.push(call_global(held<Global>(call[0], "a function"), call[1], load_tensor_));
  }

  // An OrderedDict's attributes (a state_dict's _metadata) are no part of its content; a module is
  // nothing but its attributes.
  void set_state(const std::vector<IValue>& object_and_state) {
    if (is_object(object_and_state[0]) && object_and_state[1].isGenericDict())
      return stack_.push(object_and_state[1]);
    if (!object_and_state[0].isGenericDict())
      throw std::runtime_error("it holds a Python object with attributes");
    stack_.push(object_and_state[0]);
  }

  double big_endian_double() {
    const uint64_t bits = __builtin_bswap64(bytes_.number(8));
    double value = 0;
    std::memcpy(&value, &bits, sizeof value);
    return value;
  }

  ByteCursor bytes_;
  const TensorLoader& load_tensor_;
  PickleStack stack_;
};

}  // namespace

IValue unpickle_value(const std::string& pickle, const TensorLoader& load_tensor,
                      int64_t most_bytes) {
  return Unpickler(pickle, load_tensor, most_bytes).run();
}

}  // namespace actsparse
