#include "hourglass/formats/json.h"

#include "hourglass/tests/formats/complaint.h"
#include "hourglass/tests/support/support.h"

#include <cstdint>
#include <limits>
#include <map>

namespace hourglass::formats {
namespace {

using hourglass::testing::complaint_of;
using hourglass::testing::expect_contains;
using nlohmann::json;

std::string json_error(const std::string& text) {
  return complaint_of([&] { parse_json(text, "a.json"); });
}

std::string nested(int depth) {
  return std::string(static_cast<size_t>(depth), '[') +
         std::string(static_cast<size_t>(depth), ']');
}

TEST(ParseJson, ReadsJson) {
  EXPECT_EQ(parse_json(R"( {"a": [1, -2, 0.5, "x", null, true]} )", "a.json"),
            (json{{"a", {1, -2, 0.5, "x", nullptr, true}}}));
  EXPECT_EQ(parse_json("7", "a.json"), json(7));
}

TEST(ParseJson, SaysWhereTheTextIsWrong) {
  EXPECT_EQ(json_error(R"({"a" 1})"), "a.json: expected JSON, found another thing at byte 6");
  EXPECT_EQ(json_error(R"({"a":)"),
            "a.json: expected JSON, found one that breaks off after 5 bytes");
  EXPECT_EQ(json_error(""), "a.json: expected JSON, found one that breaks off after 0 bytes");
  expect_contains(json_error("{} {}"), {"a.json: expected JSON", "byte 4"});
  expect_contains(json_error("[NaN]"), {"a.json: expected JSON"});
  expect_contains(json_error("[1e999]"), {"a.json: expected JSON"});
  expect_contains(json_error("[\"\xff\"]"), {"a.json: expected JSON"});
  expect_contains(json_error(std::string("[\0]", 3)), {"a.json: expected JSON"});
  EXPECT_EQ(json_error("[\"a\nb\"]").find('\n'), std::string::npos);
}

TEST(ParseJson, LimitsTheNesting) {
  EXPECT_EQ(json_error(nested(64)), "");
  EXPECT_EQ(json_error(nested(65)), "a.json: expected JSON of at most 64 levels, found more");
  expect_contains(json_error(nested(100'000)), {"at most 64 levels"});
  expect_contains(json_error(std::string(100'000, '[')), {"at most 64 levels"});
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += R"({"a":)";
  expect_contains(json_error(objects), {"at most 64 levels"});
}

TEST(ParseJson, RefusesAKeyThatComesTwice) {
  EXPECT_EQ(json_error(R"({"a":1,"b":{"a":2},"c":[{"a":3},{"a":4}],"d":5})"), "");
  EXPECT_EQ(json_error(R"({"a":1,"a":2})"),
            R"(a.json: expected each key once in JSON, found "a" twice)");
  expect_contains(json_error(R"({"x":[{"a":1},{"b":{"c":1},"b":2}]})"), {R"("b" twice)"});
  expect_contains(json_error(R"({"a":{"b":1},"c":1,"a":2})"), {R"("a" twice)"});
  expect_contains(json_error(R"({"a":1,"\u0061":2})"), {R"("a" twice)"});
}

TEST(JsonText, TakesBytesThatAreNotUtf8) {
  EXPECT_EQ(json_text({{"path", "a\xff.csv"}}), "{\n  \"path\": \"a\xef\xbf\xbd.csv\"\n}");
  EXPECT_EQ(json_text(std::numeric_limits<double>::quiet_NaN()), "null");
}

class Fields : public ::testing::Test {
 protected:
  json value_ = {{"text", "x"},
                 {"yes", true},
                 {"minus", -1},
                 {"seven", 7},
                 {"most", std::numeric_limits<uint64_t>::max()},
                 {"half", 0.5},
                 {"sizes", {1, 2}},
                 {"mixed", {1, "a"}},
                 {"names", {"a", "b"}},
                 {"versions", {{"a", "1"}}},
                 {"nothing", nullptr},
                 {"inner", {{"deeper", {{"count", "many"}}}}},
                 {"rows", {{{"n", 1}}, {{"n", "two"}}}}};
  JsonFields fields_{value_, "a.json"};

  template <class T>
  std::string get_error(const std::string& key) {
    return complaint_of([&] { (void)fields_.get<T>(key); });
  }
};

TEST_F(Fields, GiveValuesOfTheirType) {
  EXPECT_EQ(fields_.get<std::string>("text"), "x");
  EXPECT_TRUE(fields_.get<bool>("yes"));
  EXPECT_EQ(fields_.get<int64_t>("minus"), -1);
  EXPECT_EQ(fields_.get<uint64_t>("most"), std::numeric_limits<uint64_t>::max());
  EXPECT_EQ(fields_.get<double>("half"), 0.5);
  EXPECT_EQ(fields_.get<double>("seven"), 7.0);
  EXPECT_EQ(fields_.get<std::vector<int64_t>>("sizes"), (std::vector<int64_t>{1, 2}));
  EXPECT_EQ(fields_.get<std::vector<double>>("sizes"), (std::vector<double>{1, 2}));
  EXPECT_EQ(fields_.get<std::vector<std::string>>("names"), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ((fields_.get<std::map<std::string, std::string>>("versions").at("a")), "1");
}

TEST_F(Fields, RefuseEveryOtherType) {
  EXPECT_EQ(get_error<std::string>("seven"), "a.json: expected a text in 'seven', found 7");
  EXPECT_EQ(get_error<bool>("seven"), "a.json: expected true or false in 'seven', found 7");
  EXPECT_EQ(get_error<int64_t>("half"), "a.json: expected a whole number in 'half', found 0.5");
  expect_contains(get_error<int64_t>("most"), {"a whole number", "found 18446744073709551615"});
  expect_contains(get_error<int64_t>("yes"), {"a whole number", "found true"});
  expect_contains(get_error<uint64_t>("minus"), {"at least 0", "found -1"});
  expect_contains(get_error<double>("text"), {"a number in 'text'", "found \"x\""});
  expect_contains(get_error<std::vector<int64_t>>("mixed"),
                  {"a list, each a whole number", "[1,\"a\"]"});
  expect_contains(get_error<std::vector<std::string>>("versions"),
                  {"a list, each a text", "an object of 1 fields"});
  expect_contains((get_error<std::map<std::string, std::string>>("inner")), {"an object of texts"});
  EXPECT_EQ(get_error<std::string>("absent"), "a.json: expected a text in 'absent', found none");
  EXPECT_EQ(get_error<std::string>("nothing"), "a.json: expected a text in 'nothing', found none");
}

TEST_F(Fields, FallBackOnlyWhereThereIsNone) {
  EXPECT_EQ(fields_.get<std::string>("absent", "y"), "y");
  EXPECT_EQ(fields_.get<std::string>("nothing", "y"), "y");
  EXPECT_EQ(fields_.find<int64_t>("absent"), std::nullopt);
  EXPECT_EQ(fields_.find<int64_t>("seven"), 7);
  expect_contains(complaint_of([&] { (void)fields_.get<int64_t>("text", 1); }), {"'text'"});
}

TEST_F(Fields, NameThePath) {
  const JsonFields deeper = fields_.object("inner").object("deeper");
  EXPECT_EQ(complaint_of([&] { (void)deeper.get<int64_t>("count"); }),
            "a.json: expected a whole number in 'inner.deeper.count', found \"many\"");
  EXPECT_EQ(complaint_of([&] { (void)fields_.object("text"); }),
            "a.json: expected an object in 'text', found \"x\"");
  EXPECT_EQ(complaint_of([&] { (void)fields_.objects("rows").at(1).get<int64_t>("n"); }),
            "a.json: expected a whole number in 'rows[1].n', found \"two\"");
  EXPECT_EQ(complaint_of([&] { (void)fields_.objects("inner"); }),
            "a.json: expected a list of objects in 'inner', found an object of 1 fields");
  EXPECT_TRUE(fields_.objects("absent").empty());
  EXPECT_EQ(complaint_of([] { JsonFields(json::array(), "a.json"); }),
            "a.json: expected an object, found []");
}

TEST_F(Fields, KeepErrorsShortAndOnOneLine) {
  value_["text"] = std::string(1000, '\n');
  const std::string error = get_error<int64_t>("text");
  EXPECT_LT(error.size(), 140U);
  EXPECT_EQ(error.find('\n'), std::string::npos);
}

TEST(ReadFormat, RefusesLaterOnes) {
  const auto format_error = [](const json& value) {
    return complaint_of([&] { read_format(JsonFields(value, "a.json"), 2); });
  };
  EXPECT_EQ(format_error({{"format", 1}}), "");
  EXPECT_EQ(format_error({{"format", 3}}),
            "a.json: expected format 2 at most, found 3: use the version that wrote it");
  expect_contains(format_error({{"format", 0}}), {"'format'", "found 0"});
  expect_contains(format_error({{"format", "1"}}), {"a whole number in 'format'"});
  expect_contains(format_error(json::object()), {"a whole number in 'format', found none"});
}

}  // namespace
}  // namespace hourglass::formats
