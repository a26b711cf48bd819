#include "hourglass/apps/tools/stream_state.h"

#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/formats/json.h"

namespace hourglass::apps {
namespace {

using formats::JsonFields;

constexpr int kStreamStateFormat = 1;

void expect_same(const JsonFields& fields, const StreamIdentity& identity) {
  const auto expect = [&](const char* key, const auto& wanted, const std::string& what) {
    if (fields.get<std::decay_t<decltype(wanted)>>(key) != wanted) {
      fields.fail(key, what + ", as of this run; without the file the stream starts afresh");
    }
  };
  expect("model_sha256", identity.model_sha256, "the checkpoint's SHA-256");
  expect("file", identity.file, identity.file ? "true (a file)" : "false (a pipe)");
  expect("json", identity.json, identity.json ? "true (`json`)" : "false (CSV)");
  expect("time_column", identity.time_column, "'" + identity.time_column + "'");
}

}  // namespace

void save_stream_state(const std::filesystem::path& path, const StreamState& state,
                       const StreamIdentity& identity) {
  const nlohmann::json object = {{"format", kStreamStateFormat},
                                 {"model_sha256", identity.model_sha256},
                                 {"file", identity.file},
                                 {"json", identity.json},
                                 {"time_column", identity.time_column},
                                 {"lines", state.place.lines},
                                 {"bytes", state.place.bytes},
                                 {"last_line_bytes", state.place.last_bytes},
                                 {"last_line_digest", state.place.last_digest},
                                 {"header", state.header},
                                 {"rows", state.rows},
                                 {"skipped", state.skipped},
                                 {"flagged", state.flagged},
                                 {"output_bytes", state.output_bytes},
                                 {"item", state.item},
                                 {"threshold", state.threshold},
                                 {"clock", state.clock}};
  write_file_atomically(path, formats::json_text(object) + "\n");
}

StreamState load_stream_state(const std::filesystem::path& path, const StreamIdentity& identity) {
  const std::string where = path.string() + ", the state of a stream";
  const nlohmann::json object = formats::parse_json(read_file(path), where);
  const JsonFields fields(object, where);
  formats::read_format(fields, kStreamStateFormat);
  expect_same(fields, identity);
  const auto count = [&](const char* key) {
    const auto number = fields.get<int64_t>(key);
    if (number < 0) fields.fail(key, "a number from 0");
    return number;
  };
  return {.place = {.lines = count("lines"),
                    .bytes = count("bytes"),
                    .last_bytes = count("last_line_bytes"),
                    .last_digest = fields.get<uint64_t>("last_line_digest")},
          .header = fields.get<std::string>("header"),
          .rows = count("rows"),
          .skipped = count("skipped"),
          .flagged = count("flagged"),
          .output_bytes = count("output_bytes"),
          .item = fields.object("item").as_json(),
          .threshold = fields.object("threshold").as_json(),
          .clock = fields.value("clock")};
}

}  // namespace hourglass::apps
