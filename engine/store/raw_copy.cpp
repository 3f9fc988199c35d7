#include "engine/store/raw_copy.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <unordered_map>
#include <unordered_set>

namespace spillway {

namespace {

constexpr std::uint64_t nowhere = std::numeric_limits<std::uint64_t>::max();

/// A structure that this does not know, or that is not what it should be.
struct Unfamiliar {};
void expect(bool condition) {
  if (!condition) throw Unfamiliar{};
}

/// Little-endian numbers one after the other.
class Cursor {
 public:
  Cursor(const std::vector<unsigned char>& bytes, std::size_t at, std::size_t end)
      : bytes_(bytes), at_(at), end_(end) {
    expect(at <= end && end <= bytes.size());
  }
  std::size_t at() const { return at_; }
  std::size_t left() const { return end_ - at_; }
  void skip(std::size_t bytes) {
    expect(bytes <= left());
    at_ += bytes;
  }
  std::uint64_t number(std::size_t bytes) {
    const std::size_t from = at_;
    skip(bytes);
    std::uint64_t value = 0;
    std::memcpy(&value, bytes_.data() + from, bytes);
    return value;
  }
  std::string text(std::size_t bytes) {
    const std::size_t from = at_;
    skip(bytes);
    return {reinterpret_cast<const char*>(bytes_.data()) + from, bytes};
  }
  bool starts_with(const char* mark) const {
    const std::size_t length = std::strlen(mark);
    return length <= left() && std::memcmp(bytes_.data() + at_, mark, length) == 0;
  }

 private:
  const std::vector<unsigned char>& bytes_;
  std::size_t at_, end_;
};

/// What elements of a type hold that must be changed in a copy.
enum class Holds {
  plain,
  texts,       ///< the place of each in a heap
  references,  ///< the place of a list of them in a heap: an axis' datasets
  users        ///< pairs (reference, dimension): REFERENCE_LIST
};
struct Type {
  Holds holds = Holds::plain;
  std::uint64_t bytes = 0;
  bool text = false;
};
constexpr std::uint64_t heap_place = 16, reference = 8, user = 16;

/// HDF5 File Format Specification 3.0, IV.A.2.d
Type type_of(Cursor from) {
  const std::uint64_t first = from.number(1), bits = from.number(3);
  Type type;
  type.bytes = from.number(4);
  switch (first & 0xf) {
    case 0:  // integer
    case 1:  // floating point
    case 4:  // bits
    case 5:  // opaque
    case 8:  // enumeration
      break;
    case 3:
      type.text = true;
      break;
    case 6:
      expect(type.bytes == user && from.starts_with("dataset"));
      type.holds = Holds::users;
      break;
    case 9:
      expect(type.bytes == heap_place);
      type.text = (bits & 0xf) == 1;
      type.holds = type.text ? Holds::texts : Holds::references;
      if (!type.text)
        expect((from.number(1) & 0xf) == 7 && from.number(3) == 0 && from.number(4) == reference);
      break;
    default:
      throw Unfamiliar{};
  }
  return type;
}

/// How many elements a dataspace has.
std::uint64_t elements_of(Cursor from) {
  expect(from.number(1) == 2);
  const std::uint64_t rank = from.number(1);
  from.skip(1);
  const std::uint64_t kind = from.number(1);
  expect(kind <= 2 && (kind == 1 || rank == 0));
  std::uint64_t count = kind == 2 ? 0 : 1;
  for (std::uint64_t k = 0; k < rank; ++k) {
    const std::uint64_t length = from.number(8);
    expect(length == 0 || count <= (std::uint64_t{1} << 48) / length);
    count *= length;
  }
  return count;
}

class Walk {
 public:
  Walk(const RawFile& file, std::uint64_t size) : file_(file), size_(size) {}

  RawCopy below(const std::vector<RawChild>& children) {
    for (const RawChild& child : children) {
      linked_.insert(child.address);
      copy_.objects.push_back(header(child.address, child.omitted));
    }
    while (!todo_.empty()) {
      const Object object = todo_.back();
      todo_.pop_back();
      walk(object);
    }
    for (const std::uint64_t object : referred_) expect(linked_.contains(object));
    for (RawCopy::Piece& piece : copy_.pieces)
      if (!piece.summed && piece.addresses.empty()) piece.held = {};
    return std::move(copy_);
  }

 private:
  struct Chunk {
    std::size_t piece, first;
  };
  struct Object {
    Chunk chunk;
    bool ordered;  ///< messages have a creation order
    std::string omitted;
  };
  /// What an object's messages say of its values.
  struct Values {
    Type type;
    bool typed = false;
    std::uint64_t at = nowhere, bytes = 0;
    bool within = false;  ///< in the header itself
    std::uint64_t fill_bytes = 0;
  };

  std::vector<unsigned char> bytes_at(std::uint64_t from, std::uint64_t bytes) const {
    expect(from <= size_ && bytes <= size_ - from);
    std::vector<unsigned char> read(bytes);
    file_.read(from, read.data(), read.size());
    return read;
  }

  std::size_t add(std::uint64_t from, std::uint64_t bytes) {
    expect(from <= size_ && bytes <= size_ - from);
    RawCopy::Piece piece;
    piece.from = from;
    piece.bytes = bytes;
    piece.to = copy_.bytes;
    copy_.bytes += (bytes + 7) / 8 * 8;
    expect(copy_.bytes <= 2 * size_ + 4096);  // no piece stands in a result twice
    copy_.pieces.push_back(std::move(piece));
    return copy_.pieces.size() - 1;
  }

  std::size_t add_summed(std::uint64_t from, std::uint64_t bytes, const char* mark) {
    expect(bytes >= 8);
    const std::size_t made = add(from, bytes);
    RawCopy::Piece& piece = copy_.pieces[made];
    piece.held = bytes_at(from, bytes);
    piece.summed = true;
    std::uint32_t sum = 0;
    std::memcpy(&sum, piece.held.data() + bytes - 4, 4);
    expect(std::memcmp(piece.held.data(), mark, 4) == 0 && lookup3(piece.held.data(), bytes - 4) == sum);
    return made;
  }

  struct Prefix {
    std::uint64_t bytes;  ///< of the first chunk with its checksum
    std::size_t first;    ///< message
    bool ordered;
  };
  Prefix prefix(std::uint64_t at) const {
    expect(at < size_);
    constexpr std::uint64_t longest = 34;
    const std::vector<unsigned char> bytes = bytes_at(at, std::min(longest, size_ - at));
    Cursor from(bytes, 0, bytes.size());
    expect(from.starts_with("OHDR"));
    from.skip(4);
    expect(from.number(1) == 2);
    const std::uint64_t flags = from.number(1);
    expect(flags < 0x40);
    if (flags & 0x20) from.skip(16);
    if (flags & 0x10) from.skip(4);
    const std::uint64_t length = from.number(std::size_t{1} << (flags & 3));
    expect(length <= size_);
    return {from.at() + length + 4, from.at(), (flags & 4) != 0};
  }

  /// @return  where the copy of an object's header stands
  std::uint64_t header(std::uint64_t at, const std::string& omitted = "") {
    const auto [place, fresh] = placed_.try_emplace(at, 0);
    if (fresh) {
      const Prefix known = prefix(at);
      const std::size_t piece = add_summed(at, known.bytes, "OHDR");
      place->second = piece;
      todo_.push_back({{piece, known.first}, known.ordered, omitted});
    }
    return copy_.pieces[place->second].to;
  }

  /// @return  the piece that is a collection of the heap
  std::size_t collection(std::uint64_t at) {
    const auto [place, fresh] = placed_.try_emplace(at, 0);
    if (fresh) {
      const std::vector<unsigned char> head = bytes_at(at, 16);
      Cursor from(head, 0, head.size());
      expect(from.starts_with("GCOL"));
      from.skip(4);
      expect(from.number(1) == 1);
      from.skip(3);
      const std::uint64_t bytes = from.number(8);
      expect(bytes >= 16);
      place->second = add(at, bytes);
      copy_.pieces[place->second].held = bytes_at(at, bytes);
    }
    return place->second;
  }

  /// @return  where an object of a collection's bytes begin
  std::size_t in_collection(std::size_t piece, std::uint64_t index, std::uint64_t bytes) const {
    const std::vector<unsigned char>& held = copy_.pieces[piece].held;
    Cursor from(held, 16, held.size());
    while (from.left() >= 16) {
      const std::uint64_t one = from.number(2);
      from.skip(6);
      const std::uint64_t length = from.number(8);
      if (one == index) {
        expect(bytes <= length && length <= from.left());
        return from.at();
      }
      expect(one != 0 && length <= size_);
      from.skip((length + 7) / 8 * 8);
    }
    throw Unfamiliar{};
  }

  void move(std::size_t piece, std::uint64_t at, std::uint64_t target) {
    copy_.pieces[piece].addresses.push_back({at, target});
  }

  void move_reference(std::size_t piece, std::size_t at) {
    std::uint64_t object = 0;
    std::memcpy(&object, copy_.pieces[piece].held.data() + at, 8);
    if (object == 0 || object == nowhere) return;
    referred_.insert(object);
    move(piece, at, header(object));
  }

  void move_elements(std::size_t piece, std::size_t first, std::uint64_t count, Holds holds) {
    if (holds == Holds::plain) return;
    const std::uint64_t width = holds == Holds::users ? user : heap_place;
    expect(count <= (copy_.pieces[piece].held.size() - first) / width);
    for (std::uint64_t k = 0; k < count; ++k) {
      const std::size_t at = first + static_cast<std::size_t>(k * width);
      if (holds == Holds::users) {
        move_reference(piece, at);
        continue;
      }
      Cursor from(copy_.pieces[piece].held, at, at + heap_place);
      const std::uint64_t length = from.number(4), heap = from.number(8), index = from.number(4);
      if (heap == 0 || heap == nowhere) continue;  // an empty text
      const std::size_t collected = collection(heap);
      move(piece, at + 4, copy_.pieces[collected].to);
      if (holds != Holds::references) continue;
      const std::size_t list = in_collection(collected, index, length * reference);
      for (std::uint64_t n = 0; n < length; ++n) move_reference(collected, list + n * reference);
    }
  }

  /// An attribute's elements: specification IV.A.2.m
  void attribute(std::size_t piece, Cursor from) {
    expect(from.number(1) == 3 && from.number(1) == 0);
    const std::uint64_t name = from.number(2), type_bytes = from.number(2), space_bytes = from.number(2);
    from.skip(1 + name);
    const std::vector<unsigned char>& held = copy_.pieces[piece].held;
    const Type type = type_of(Cursor(held, from.at(), from.at() + type_bytes));
    from.skip(type_bytes);
    const std::uint64_t count = elements_of(Cursor(held, from.at(), from.at() + space_bytes));
    from.skip(space_bytes);
    expect(count == 0 || type.bytes <= from.left() / count);
    move_elements(piece, from.at(), count, type.holds);
  }

  struct Link {
    std::string name;
    std::size_t at;  ///< of the address
    std::uint64_t target;
  };
  static Link link(Cursor from) {
    expect(from.number(1) == 1);
    const std::uint64_t flags = from.number(1);
    if (flags & 8) expect(from.number(1) == 0);  // neither soft nor external
    if (flags & 4) from.skip(8);
    if (flags & 0x10) from.skip(1);
    Link found;
    found.name = from.text(from.number(std::size_t{1} << (flags & 3)));
    found.at = from.at();
    found.target = from.number(8);
    return found;
  }

  /// Indices that small results do without: none may be there.
  static void no_index(Cursor from, std::uint64_t order_bytes) {
    expect(from.number(1) == 0);
    const std::uint64_t flags = from.number(1);
    if (flags & 1) from.skip(order_bytes);
    expect(from.number(8) == nowhere && from.number(8) == nowhere);
    if (flags & 2) expect(from.number(8) == nowhere);
  }

  /// A layout: specification IV.A.2.i. @param to  of the address, where there is one
  static void layout(Cursor from, Values& values, std::size_t& to) {
    expect(from.number(1) == 3);
    const std::uint64_t kind = from.number(1);
    expect(kind <= 1);
    values.within = kind == 0;
    if (values.within) return;
    to = from.at();
    values.at = from.number(8);
    values.bytes = from.number(8);
  }

  void walk(const Object& object) {
    Values values;
    Chunk address{};  // of the values
    std::vector<Chunk> chunks = {object.chunk};
    for (std::size_t k = 0; k < chunks.size(); ++k) {
      const auto [piece, first] = chunks[k];
      const std::size_t end = copy_.pieces[piece].held.size() - 4, head = object.ordered ? 6 : 4;
      for (std::size_t at = first; at + head <= end;) {
        Cursor message(copy_.pieces[piece].held, at, end);
        const std::uint64_t kind = message.number(1), bytes = message.number(2), flags = message.number(1);
        message.skip(head - 4);
        const std::size_t body = message.at();
        message.skip(bytes);
        const Cursor from(copy_.pieces[piece].held, body, body + bytes);
        expect((flags & 2) == 0);  // not shared
        switch (kind) {
          case 0x00:  // nothing
          case 0x01:  // dataspace
          case 0x0a:  // group
            break;
          case 0x02:
            no_index(from, 8);
            break;
          case 0x03:
            values.type = type_of(from);
            values.typed = true;
            break;
          case 0x05: {
            Cursor fill = from;
            expect(fill.number(1) == 3);
            if (fill.number(1) & 0x20) values.fill_bytes = fill.number(4);
            break;
          }
          case 0x06: {
            const Link found = link(from);
            if (!object.omitted.empty() && found.name == object.omitted) {
              copy_.pieces[piece].held[at] = 0;  // a message of nothing
              break;
            }
            linked_.insert(found.target);
            move(piece, found.at, header(found.target));
            break;
          }
          case 0x08:
            layout(from, values, address.first);
            address.piece = piece;
            break;
          case 0x0c:
            attribute(piece, from);
            break;
          case 0x10: {
            Cursor more = from;
            const std::uint64_t target = more.number(8);
            expect(placed_.try_emplace(target, 0).second);
            const std::size_t next = add_summed(target, more.number(8), "OCHK");
            placed_[target] = next;
            move(piece, body, copy_.pieces[next].to);
            chunks.push_back({next, 4});
            break;
          }
          case 0x15:
            no_index(from, 2);
            break;
          default:
            throw Unfamiliar{};
        }
        at = body + bytes;
      }
    }
    if (values.at != nowhere) expect(values.typed);
    if (values.type.holds != Holds::plain) expect(!values.within && values.fill_bytes == 0);
    if (values.at == nowhere) return;
    const std::size_t piece = add(values.at, values.bytes);
    move(address.piece, address.first, copy_.pieces[piece].to);
    if (values.type.holds != Holds::plain) {
      copy_.pieces[piece].held = bytes_at(values.at, values.bytes);
      move_elements(piece, 0, values.bytes / values.type.bytes, values.type.holds);
    }
    if (!values.type.text && values.bytes > 0) copy_.values.push_back({copy_.pieces[piece].to, values.bytes});
  }

  const RawFile& file_;
  std::uint64_t size_;
  RawCopy copy_;
  std::vector<Object> todo_;
  std::unordered_map<std::uint64_t, std::size_t> placed_;  ///< address in the file -> piece
  /// Objects by their addresses in the file: those that a group of the copy has, those that an axis or its
  /// user leads to. An axis that lies elsewhere would be in the copy and in no group of it.
  std::unordered_set<std::uint64_t> linked_, referred_;
};

}  // namespace

std::optional<RawCopy> plan_raw_copy(const RawFile& file, const std::vector<RawChild>& children) {
  try {
    return Walk(file, file.size()).below(children);
  } catch (const Unfamiliar&) {
    return std::nullopt;
  }
}

void RawCopy::write(const RawFile& source, const RawFile& target, std::uint64_t at) const {
  constexpr std::size_t together = 4u << 20;
  std::vector<unsigned char> buffer;
  buffer.reserve(together);
  std::uint64_t written = 0;
  const auto flush = [&] {
    target.write(at + written, buffer.data(), buffer.size());
    written += buffer.size();
    buffer.clear();
  };
  for (const Piece& piece : pieces) {
    if (!piece.held.empty()) {
      std::vector<unsigned char> held = piece.held;
      for (const Address& address : piece.addresses) {
        const std::uint64_t there = at + address.target;
        std::memcpy(held.data() + address.at, &there, sizeof there);
      }
      if (piece.summed) {
        const std::uint32_t sum = lookup3(held.data(), held.size() - 4);
        std::memcpy(held.data() + held.size() - 4, &sum, sizeof sum);
      }
      if (buffer.size() + held.size() > together) flush();
      buffer.insert(buffer.end(), held.begin(), held.end());
    } else {
      for (std::uint64_t done = 0; done < piece.bytes;) {
        if (buffer.size() == together) flush();
        const auto length =
            static_cast<std::size_t>(std::min<std::uint64_t>(together - buffer.size(), piece.bytes - done));
        buffer.resize(buffer.size() + length);
        source.read(piece.from + done, buffer.data() + buffer.size() - length, length);
        done += length;
      }
    }
    buffer.resize((buffer.size() + 7) / 8 * 8);
    if (buffer.size() > together) flush();
  }
  flush();
}

}  // namespace spillway
