// Recursive descent over one expression; the grammar is in recipe_expression.hpp.
#include "engine/data/recipe/recipe_parse.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <utility>

#include "engine/data/recipe/recipe_expression.hpp"

namespace spillway::recipe {
namespace {

using Node = ExpressionNode;
using NodePointer = std::unique_ptr<Node>;

// Both keep a hostile recipe from exhausting the stack: long sums nest as deep as they are long.
constexpr int deepest_nesting = 200;
constexpr std::size_t most_tokens = 5'000;

struct Token {
  enum class Kind { number, text, name, quoted_name, sign, end };
  Kind kind = Kind::end;
  std::string text;
  double value = 0.0;
  std::size_t position = 0;
};

std::string shown(const Token& token) {
  return token.kind == Token::Kind::end ? "the end" : fmt::format("'{}'", token.text);
}

[[noreturn]] void fail(std::size_t position, const std::string& what) {
  throw ExpressionError(fmt::format("character {}: {}", position + 1, what));
}

bool is_name_start(char c) { return std::isalpha(static_cast<unsigned char>(c)) || c == '_'; }
bool is_name_part(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

Token read_number(const std::string& text, std::size_t start) {
  Token token{Token::Kind::number, {}, 0.0, start};
  const auto [end, status] = std::from_chars(text.data() + start, text.data() + text.size(), token.value);
  const std::size_t stop = static_cast<std::size_t>(end - text.data());
  token.text = text.substr(start, std::max<std::size_t>(stop - start, 1));
  if (status != std::errc{} || !std::isfinite(token.value))
    fail(start, fmt::format("'{}' is not a number", token.text));
  if (stop < text.size() && is_name_part(text[stop]))
    fail(start,
         fmt::format("'{}{}' is neither a number nor a name (a name starts with a letter; quote others "
                     "as `2019 name`)",
                     token.text, text[stop]));
  return token;
}

Token read_quoted(const std::string& text, std::size_t start) {
  const char quote = text[start];
  const std::size_t stop = text.find(quote, start + 1);
  if (stop == std::string::npos) fail(start, fmt::format("{} is opened and never closed", quote));
  const auto kind = quote == '`' ? Token::Kind::quoted_name : Token::Kind::text;
  return {kind, text.substr(start + 1, stop - start - 1), 0.0, start};
}

std::vector<Token> tokens_of(const std::string& text) {
  std::vector<Token> tokens;
  std::size_t at = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (std::isspace(static_cast<unsigned char>(c))) {
      ++at;
    } else if (is_name_start(c)) {
      std::size_t stop = at;
      while (stop < text.size() && is_name_part(text[stop])) ++stop;
      tokens.push_back({Token::Kind::name, text.substr(at, stop - at), 0.0, at});
      at = stop;
    } else if (std::isdigit(static_cast<unsigned char>(c)) || c == '.') {
      tokens.push_back(read_number(text, at));
      at += tokens.back().text.size();
    } else if (c == '\'' || c == '"' || c == '`') {
      tokens.push_back(read_quoted(text, at));
      at += tokens.back().text.size() + 2;
    } else {
      const std::string pair = text.substr(at, 2);
      const bool two = pair == "==" || pair == "!=" || pair == "<=" || pair == ">=";
      if (!two && std::string("+-*/^()<>,").find(c) == std::string::npos)
        fail(at, c == '=' ? std::string("'=' does not compare; write '=='")
                          : fmt::format("'{}' has no meaning in an expression", c));
      tokens.push_back({Token::Kind::sign, two ? pair : std::string(1, c), 0.0, at});
      at += two ? 2 : 1;
    }
  }
  if (tokens.size() > most_tokens)
    fail(0, fmt::format("the expression has {} words and signs (at most {} are allowed)", tokens.size(),
                        most_tokens));
  tokens.push_back({Token::Kind::end, {}, 0.0, text.size()});
  return tokens;
}

NodePointer make(Node::Kind kind, const Token& token) {
  auto node = std::make_unique<Node>();
  node->kind = kind;
  node->name = token.text;
  node->value = token.value;
  node->position = token.position;
  return node;
}

class Parser {
 public:
  explicit Parser(const std::string& text) : tokens_(tokens_of(text)) {}

  NodePointer whole() {
    NodePointer node = either();
    if (peek().kind != Token::Kind::end)
      fail(peek().position,
           fmt::format("{} is out of place; an operator or the end is expected", shown(peek())));
    return node;
  }

 private:
  const Token& peek() const { return tokens_[at_]; }
  Token take() { return tokens_[at_ + 1 < tokens_.size() ? at_++ : at_]; }
  bool is_sign(const char* sign) const { return peek().kind == Token::Kind::sign && peek().text == sign; }
  bool is_word(const char* word) const { return peek().kind == Token::Kind::name && peek().text == word; }
  void expect(const char* sign) {
    if (!is_sign(sign))
      fail(peek().position, fmt::format("{} stands where '{}' is expected", shown(peek()), sign));
    take();
  }

  static NodePointer operation(const Token& token, NodePointer left, NodePointer right = nullptr) {
    NodePointer node = make(Node::Kind::operation, token);
    node->arguments.push_back(std::move(left));
    if (right) node->arguments.push_back(std::move(right));
    return node;
  }

  NodePointer either() {
    NodePointer left = both_true();
    while (is_word("or")) {
      const Token token = take();
      left = operation(token, std::move(left), both_true());
    }
    return left;
  }

  NodePointer both_true() {
    NodePointer left = negated();
    while (is_word("and")) {
      const Token token = take();
      left = operation(token, std::move(left), negated());
    }
    return left;
  }

  NodePointer negated() {
    if (!is_word("not")) return compared();
    const Token token = take();
    const Deeper deeper(*this);
    return operation(token, negated());
  }

  NodePointer compared() {
    NodePointer left = sum();
    if (is_word("in")) return membership(std::move(left));
    for (const char* sign : {"==", "!=", "<=", ">=", "<", ">"}) {
      if (!is_sign(sign)) continue;
      const Token token = take();
      return operation(token, std::move(left), sum());
    }
    return left;
  }

  NodePointer membership(NodePointer left) {
    NodePointer node = operation(take(), std::move(left));
    expect("(");
    node->arguments.push_back(sum());
    while (is_sign(",")) {
      take();
      node->arguments.push_back(sum());
    }
    expect(")");
    return node;
  }

  NodePointer sum() {
    NodePointer left = product();
    while (is_sign("+") || is_sign("-")) {
      const Token token = take();
      left = operation(token, std::move(left), product());
    }
    return left;
  }

  NodePointer product() {
    NodePointer left = signed_value();
    while (is_sign("*") || is_sign("/")) {
      const Token token = take();
      left = operation(token, std::move(left), signed_value());
    }
    return left;
  }

  NodePointer signed_value() {
    if (!is_sign("-")) return power();
    const Token token = take();
    const Deeper deeper(*this);
    return operation(token, signed_value());
  }

  NodePointer power() {
    NodePointer base = atom();
    if (!is_sign("^")) return base;
    const Token token = take();
    const Deeper deeper(*this);
    return operation(token, std::move(base), signed_value());
  }

  NodePointer atom() {
    const Deeper deeper(*this);
    const Token token = take();
    if (token.kind == Token::Kind::number) return make(Node::Kind::number, token);
    if (token.kind == Token::Kind::text) return make(Node::Kind::text, token);
    if (token.kind == Token::Kind::quoted_name) return make(Node::Kind::column, token);
    if (token.kind == Token::Kind::name) return word(token);
    if (token.kind == Token::Kind::sign && token.text == "(") {
      NodePointer inside = either();
      expect(")");
      return inside;
    }
    fail(token.position, fmt::format("{} stands where a value is expected", shown(token)));
  }

  NodePointer word(const Token& token) {
    for (const char* reserved : {"and", "or", "not", "in"})
      if (token.text == reserved)
        fail(token.position, fmt::format("'{}' stands where a value is expected", reserved));
    if (token.text == "missing") return make(Node::Kind::missing, token);
    if (token.text == "true" || token.text == "false") {
      NodePointer node = make(Node::Kind::truth, token);
      node->value = token.text == "true" ? 1.0 : 0.0;
      return node;
    }
    if (!is_sign("(")) return make(Node::Kind::column, token);
    take();
    NodePointer call = make(Node::Kind::function, token);
    if (!is_sign(")")) {
      call->arguments.push_back(either());
      while (is_sign(",")) {
        take();
        call->arguments.push_back(either());
      }
    }
    expect(")");
    return call;
  }

  struct Deeper {
    explicit Deeper(Parser& parser) : depth(parser.depth_) {
      if (++depth > deepest_nesting)
        fail(parser.peek().position, fmt::format("nested more than {} deep", deepest_nesting));
    }
    ~Deeper() { --depth; }
    Deeper(const Deeper&) = delete;
    Deeper& operator=(const Deeper&) = delete;
    int& depth;
  };

  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace

Expression::Expression(std::string text) : text_(std::move(text)) { root_ = Parser(text_).whole(); }

}  // namespace spillway::recipe
