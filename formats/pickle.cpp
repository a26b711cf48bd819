#include "hourglass/formats/pickle.h"

#include "hourglass/core/error.h"
#include "hourglass/core/text.h"
#include "hourglass/formats/pickle_classes.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <optional>
#include <unordered_map>
#include <utility>

namespace hourglass::formats {
namespace {

using Kind = PickleValue::Kind;

constexpr size_t kMostValues = 1'000'000;  // of some 70 bytes each; a tensor needs about ten

/// Those of protocols 2 to 4 that tensors need, by the names of Python's pickletools.
enum class Op : uint8_t {
  Proto = 0x80,
  Frame = 0x95,
  Mark = '(',
  Stop = '.',
  None = 'N',
  True = 0x88,
  False = 0x89,
  BinFloat = 'G',
  ShortBinBytes = 'C',
  BinBytes = 'B',
  BinInt1 = 'K',
  BinInt2 = 'M',
  BinInt = 'J',
  Long1 = 0x8a,
  ShortBinString = 'U',
  ShortBinUnicode = 0x8c,
  BinString = 'T',
  BinUnicode = 'X',
  BinUnicode8 = 0x8d,
  EmptyTuple = ')',
  Tuple1 = 0x85,
  Tuple2 = 0x86,
  Tuple3 = 0x87,
  Tuple = 't',
  EmptyList = ']',
  EmptyDict = '}',
  Append = 'a',
  Appends = 'e',
  SetItem = 's',
  SetItems = 'u',
  BinPut = 'q',
  LongBinPut = 'r',
  Memoize = 0x94,
  BinGet = 'h',
  LongBinGet = 'j',
  Global = 'c',
  StackGlobal = 0x93,
  BinPersId = 'Q',
  Reduce = 'R',
  NewObject = 0x81,
  Build = 'b',
};

class PickleMachine {
 public:
  PickleMachine(std::string_view bytes, const std::string& where, PickleClasses classes,
                const std::string& entry)
      : bytes_(bytes), where_(where), entry_(entry), any_class_(classes == PickleClasses::Any) {}

  Pickle run() {
    while (step(static_cast<Op>(take(1)[0]))) {
    }
    pickle_.root = pop();
    return std::move(pickle_);
  }

 private:
  std::string_view bytes_;
  const std::string& where_;
  const std::string& entry_;
  const bool any_class_;
  size_t at_ = 0;  // the next byte
  Pickle pickle_;
  std::vector<PickleId> stack_;
  std::vector<size_t> marks_;  // heights of the stack
  std::unordered_map<uint64_t, PickleId> memo_;
  size_t name_bytes_ = 0;  // of all copies

  [[noreturn]] void fail(const std::string& expected) const {
    throw Error(
        "{}: expected {} before byte {} of its {}, found something else: the file is damaged, or "
        "not of PyTorch",
        where_, expected, at_, entry_);
  }

  [[noreturn]] void refuse_class(const std::string& name) const {
    throw Error(
        "{}: expected tensors by name, found the Python class {}; save model.state_dict() instead",
        where_, shown_name(replaced(name, ' ', '.')));
  }

  // ---- Bytes

  std::string_view take(uint64_t count) {
    if (count > bytes_.size() - at_) fail("more bytes");
    const std::string_view taken = bytes_.substr(at_, count);
    at_ += count;
    return taken;
  }

  /// Little endian.
  uint64_t number(size_t count) {
    uint64_t value = 0;
    const std::string_view taken = take(count);
    for (size_t i = count; i-- > 0;) value = value << 8U | static_cast<uint8_t>(taken[i]);
    return value;
  }

  std::string line() {
    const size_t end = bytes_.find('\n', at_);
    if (end == std::string_view::npos) fail("the end of a name");
    std::string text(take(end - at_));
    take(1);
    return text;
  }

  // ---- Values

  PickleValue& value(PickleId id) { return pickle_.values[id]; }

  void push(PickleValue value) {
    if (pickle_.values.size() == kMostValues) {
      throw Error("{}: expected at most {} values in its {}, found more", where_,
                  with_thousands(kMostValues), entry_);
    }
    stack_.push_back(static_cast<PickleId>(pickle_.values.size()));
    pickle_.values.push_back(std::move(value));
  }

  void push_integer(int64_t number) { push({.kind = Kind::Integer, .integer = number}); }
  void push_text(uint64_t length) { push({.kind = Kind::Text, .text = std::string(take(length))}); }
  void push_plain(uint64_t ignored_bytes) {
    take(ignored_bytes);
    push({});
  }

  /// Whole numbers of any length; those that fit no tensor are nothing to us.
  void push_long(uint64_t length) {
    if (length > 8) return push_plain(length);
    uint64_t number_read = number(length);
    const bool negative = length > 0 && length < 8 && (number_read >> (8 * length - 1) & 1U) != 0;
    if (negative) number_read |= ~uint64_t{0} << (8 * length);
    push_integer(static_cast<int64_t>(number_read));
  }

  /// Of a name that is about to be copied.
  void count_name(size_t bytes) {
    name_bytes_ += bytes;
    if (name_bytes_ <= kMostNameBytes) return;
    throw Error("{}: expected at most {} bytes of names in its {}, found more", where_,
                with_thousands(kMostNameBytes), entry_);
  }

  void push_class(const std::string& name) {
    if (!any_class_ && !is_known_class(name)) refuse_class(name);
    count_name(name.size());
    push({.kind = Kind::Class, .text = name});
  }

  size_t floor() const { return marks_.empty() ? 0 : marks_.back(); }

  PickleId pop() {
    if (stack_.size() == floor()) fail("a value");
    const PickleId id = stack_.back();
    stack_.pop_back();
    return id;
  }

  std::vector<PickleId> pop_few(size_t count) {
    if (stack_.size() - floor() < count) fail("values");
    const auto first = stack_.end() - static_cast<std::ptrdiff_t>(count);
    std::vector<PickleId> items(first, stack_.end());
    stack_.erase(first, stack_.end());
    return items;
  }

  std::vector<PickleId> pop_to_mark() {
    if (marks_.empty()) fail("a mark");
    std::vector<PickleId> items = pop_few(stack_.size() - marks_.back());
    marks_.pop_back();
    return items;
  }

  void push_tuple(std::vector<PickleId> items) {
    push({.kind = Kind::Tuple, .items = std::move(items)});
  }

  /// Adds to the list or dictionary that the stack ends with.
  void add(Kind kind, const std::vector<PickleId>& items) {
    const PickleId target = pop();
    if (any_class_ && value(target).kind == Kind::Plain) return stack_.push_back(target);
    if (value(target).kind != kind || (kind == Kind::Dictionary && items.size() % 2 != 0)) {
      fail(kind == Kind::List ? "a list" : "a dictionary, and pairs");
    }
    auto& all = value(target).items;
    all.insert(all.end(), items.begin(), items.end());
    stack_.push_back(target);
  }

  void keep(uint64_t place) {
    const PickleId id = pop();
    stack_.push_back(id);
    memo_[place] = id;
    if (memo_.size() > kMostValues) fail("fewer kept values");
  }

  void recall(uint64_t place) {
    const auto found = memo_.find(place);
    if (found == memo_.end()) fail("a value that was kept");
    stack_.push_back(found->second);
  }

  // ---- What stands for tensors

  /// The element of a tuple, which has to be of this kind.
  PickleId part(PickleId tuple, size_t place, Kind kind) {
    const PickleValue& whole = value(tuple);
    if (whole.kind != Kind::Tuple || whole.items.size() <= place ||
        value(whole.items[place]).kind != kind) {
      fail("the parts of a tensor");
    }
    return whole.items[place];
  }

  /// ("storage", class, name in the archive, device, number of elements).
  void push_storage(PickleId tuple) {
    const std::string& name = value(part(tuple, 1, Kind::Class)).text;
    const auto type = any_class_ ? any_storage_type(name) : storage_type(name);
    if (value(part(tuple, 0, Kind::Text)).text != "storage" || !type) fail("a tensor's storage");
    count_name(value(part(tuple, 2, Kind::Text)).text.size());
    push({.kind = Kind::Storage,
          .type = *type,
          .integer = value(part(tuple, 4, Kind::Integer)).integer,
          .text = value(part(tuple, 2, Kind::Text)).text});
  }

  /// (storage, offset, sizes, strides, …).
  void push_tensor(PickleId arguments) {
    const int64_t offset = value(part(arguments, 1, Kind::Integer)).integer;
    push({.kind = Kind::Tensor,
          .integer = offset,
          .items = {part(arguments, 0, Kind::Storage), part(arguments, 2, Kind::Tuple),
                    part(arguments, 3, Kind::Tuple)}});
  }

  void reduce() {
    const PickleId arguments = pop();
    const PickleId called = pop();
    const std::string& name = value(called).text;  // until something is pushed
    if (value(called).kind != Kind::Class || value(arguments).kind != Kind::Tuple) {
      fail("a class and its arguments");
    }
    if (name == kTensorClass) return push_tensor(arguments);
    if (any_class_ && name == kQuantizedTensorClass) return push_tensor(arguments);
    // (function, type, the function's arguments, attributes).
    if (any_class_ && name == kTensorOfTypeClass) {
      return push_tensor(part(arguments, 2, Kind::Tuple));
    }
    if (name == kParameterClass) return stack_.push_back(part(arguments, 0, Kind::Tensor));
    if (name == kSizeClass) return stack_.push_back(part(arguments, 0, Kind::Tuple));
    if (name == kDeviceClass) return push({});
    const bool is_empty = value(arguments).items.empty();
    if (name == kOrderedDictClass && is_empty) return push({.kind = Kind::Dictionary});
    if (any_class_) return push({});
    refuse_class(name);
  }

  /// An object of a class, made of arguments that nobody asks for.
  void new_object() {
    if (!any_class_) fail("an operation of pickled tensors");
    pop_few(2);
    push({});
  }

  /// State dictionaries have attributes (`_metadata`), which nobody asks for.
  void build() {
    pop();
    const PickleId built = pop();
    if (value(built).kind != Kind::Dictionary && !any_class_) fail("a dictionary");
    stack_.push_back(built);
  }

  // ---- Operations

  /// Whether there is more to do.
  bool step(Op operation) {
    switch (operation) {
      case Op::Proto: take(1); break;
      case Op::Frame: take(8); break;
      case Op::Mark: push_mark(); break;
      case Op::Stop: return false;
      case Op::None:
      case Op::True:
      case Op::False: push_plain(0); break;
      case Op::BinFloat: push_plain(8); break;
      case Op::ShortBinBytes: push_plain(number(1)); break;
      case Op::BinBytes: push_plain(number(4)); break;
      case Op::BinInt1: push_integer(static_cast<int64_t>(number(1))); break;
      case Op::BinInt2: push_integer(static_cast<int64_t>(number(2))); break;
      case Op::BinInt: push_integer(static_cast<int32_t>(number(4))); break;
      case Op::Long1: push_long(number(1)); break;
      case Op::ShortBinString:
      case Op::ShortBinUnicode: push_text(number(1)); break;
      case Op::BinString:
      case Op::BinUnicode: push_text(number(4)); break;
      case Op::BinUnicode8: push_text(number(8)); break;
      case Op::EmptyTuple: push_tuple({}); break;
      case Op::Tuple1: push_tuple(pop_few(1)); break;
      case Op::Tuple2: push_tuple(pop_few(2)); break;
      case Op::Tuple3: push_tuple(pop_few(3)); break;
      case Op::Tuple: push_tuple(pop_to_mark()); break;
      case Op::EmptyList: push({.kind = Kind::List}); break;
      case Op::EmptyDict: push({.kind = Kind::Dictionary}); break;
      case Op::Append: add(Kind::List, pop_few(1)); break;
      case Op::Appends: add(Kind::List, pop_to_mark()); break;
      case Op::SetItem: add(Kind::Dictionary, pop_few(2)); break;
      case Op::SetItems: add(Kind::Dictionary, pop_to_mark()); break;
      case Op::BinPut: keep(number(1)); break;
      case Op::LongBinPut: keep(number(4)); break;
      case Op::Memoize: keep(memo_.size()); break;
      case Op::BinGet: recall(number(1)); break;
      case Op::LongBinGet: recall(number(4)); break;
      case Op::Global: push_global(); break;
      case Op::StackGlobal: push_stack_global(); break;
      case Op::BinPersId: push_storage(pop()); break;
      case Op::Reduce: reduce(); break;
      case Op::NewObject: new_object(); break;
      case Op::Build: build(); break;
      default:
        fail(fmt::format("an operation of pickled tensors in the place of {:#04x}",
                         static_cast<int>(operation)));
    }
    return true;
  }

  void push_mark() {
    // They cost a byte each, and no value.
    if (marks_.size() == kMostValues) fail("fewer marks");
    marks_.push_back(stack_.size());
  }

  void push_global() {
    const std::string module_name = line();
    push_class(module_name + " " + line());
  }

  void push_stack_global() {
    const auto names = pop_few(2);
    if (value(names[0]).kind != Kind::Text || value(names[1]).kind != Kind::Text) fail("a name");
    push_class(value(names[0]).text + " " + value(names[1]).text);
  }
};

}  // namespace

std::string shown_name(std::string name) {
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c >= 0 && c < ' '; }, '?');
  return shortened(name, 100);
}

Pickle parse_pickle(std::string_view bytes, const std::string& where, PickleClasses classes,
                    const std::string& entry) {
  return PickleMachine(bytes, where, classes, entry).run();
}

}  // namespace hourglass::formats
