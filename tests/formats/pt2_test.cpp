#include "hourglass/formats/pt2.h"

#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/formats/exports.h"
#include "hourglass/formats/script_graph.h"
#include "hourglass/formats/zip.h"
#include "hourglass/models/autoencoder.h"
#include "hourglass/models/networks/dense_network.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>

#include <functional>
#include <map>
#include <random>

namespace hourglass::formats {

using namespace models;

namespace {

using testing::error_of;
using testing::expect_contains;
using testing::TemporaryFolder;

struct SmallArchive {
  TemporaryFolder folder;
  Autoencoder model{{.shapes = {{6}, {6}}, .network = DenseNetwork{.widths = {5, 2}}}};
  std::filesystem::path path = folder / "best.pt2";

  SmallArchive() { write_pt2(script_of(model, {.variant = "dense"}), path); }

  /// The archive with one of its files changed.
  void change(const std::string& name, const std::function<void(std::string&)>& change) {
    auto files = read_zip(path);
    bool found = false;
    for (auto& file : files) {
      if (!file.name.ends_with(name)) continue;
      change(file.bytes);
      found = true;
    }
    ASSERT_TRUE(found) << name;
    write_zip(path, files);
  }
};

TEST(Pt2, GivesTheMethodsBackForAnyBatch) {
  SmallArchive archive;
  const Pt2File file = read_pt2(archive.path);
  ASSERT_EQ(file.methods.size(), 3U);
  EXPECT_EQ(parse_card(file.card, "card").variant, "dense");
  for (const Graph& graph : file.methods) {
    if (graph.method == "decode") continue;
    for (const int64_t batch : {1, 2, 33}) {
      const at::Tensor x = at::rand({batch, 6});
      const at::NoGradGuard no_grad;
      const at::Tensor expected =
          graph.method == "encode" ? archive.model.encode(x) : archive.model.forward(x);
      EXPECT_TRUE(at::allclose(run_graph(graph, {x}).front(), expected, 0, 1e-6)) << graph.method;
    }
  }
}

TEST(Pt2, KeepsParametersUnderTheirNamesOnce) {
  SmallArchive archive;
  const Graph graph = read_pt2(archive.path).methods.front();
  std::vector<std::string> names;
  for (const Value& value : graph.values) {
    if (value.kind == Value::Kind::Parameter) names.push_back(value.name);
  }
  std::sort(names.begin(), names.end());
  EXPECT_EQ(names.front(), "decoder.dense1.bias");
  size_t weights = 0;
  for (const auto& entry : list_zip(archive.path)) {
    if (entry.name.find("data/weights/weight_") != std::string::npos) ++weights;
  }
  EXPECT_EQ(weights, archive.model.parameters().size());
}

TEST(Pt2, IsTheSameFileForTheSameModel) {
  SmallArchive archive;
  const std::string once = read_file(archive.path);
  write_pt2(script_of(archive.model, {.variant = "dense"}), archive.path);
  EXPECT_EQ(once, read_file(archive.path));
}

TEST(Pt2, RefusesAnotherVersionAndOtherKindsOfFiles) {
  SmallArchive archive;
  archive.change("models/forward.json", [](std::string& text) {
    text.replace(text.find("\"major\":8"), 9, "\"major\":9");
  });
  expect_contains(error_of([&] { read_pt2(archive.path); }),
                  {"models/forward.json", "schema version 8", "9"});
  testing::write_file(archive.folder / "text", "no archive");
  expect_contains(error_of([&] { read_pt2(archive.folder / "text"); }), {"text", "ZIP"});
  write_zip(archive.folder / "other", {{"a/b", "c"}});
  expect_contains(error_of([&] { read_pt2(archive.folder / "other"); }), {"archive_format"});
}

TEST(Pt2, RefusesTensorsThatDoNotFitTheirBytes) {
  SmallArchive archive;
  archive.change("data/weights/weight_0", [](std::string& bytes) { bytes.resize(4); });
  expect_contains(error_of([&] { read_pt2(archive.path); }), {"data/weights/weight_0", "4 bytes"});
}

/// A change for `SmallArchive`.
std::function<void(std::string&)> replacing(const std::string& what, const std::string& by) {
  return [what, by](std::string& text) {
    ASSERT_NE(text.find(what), std::string::npos) << text;
    for (size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size()) {
      text.replace(at, what.size(), by);
    }
  };
}

TEST(Pt2, RefusesMoreValuesThanAreStored) {
  SmallArchive archive;
  const std::string large = R"({"as_int":100000},{"as_int":100000})";
  archive.change("models/forward.json", replacing(R"({"as_int":5},{"as_int":6})", large));
  archive.change("weights/forward_weights_config.json",
                 replacing(R"({"as_int":6},{"as_int":1})", R"({"as_int":0},{"as_int":0})"));
  expect_contains(error_of([&] { read_pt2(archive.path); }),
                  {"100000 x 100000 within data/weights/weight_", "120 bytes"});
}

const at::Tensor& parameter_of(const Pt2File& file, const std::string& method,
                               const std::string& name) {
  for (const Graph& graph : file.methods) {
    if (graph.method != method) continue;
    for (const Value& value : graph.values) {
      if (value.name == name && value.constant) return *value.constant;
    }
  }
  throw Error("expected a parameter {} of {}", name, method);
}

/// Of all parameters; memory that several share counts once.
uint64_t bytes_held(const Pt2File& file) {
  std::map<const void*, uint64_t> held;
  for (const Graph& graph : file.methods) {
    for (const Value& value : graph.values) {
      if (!value.constant) continue;
      const auto& storage = value.constant->storage();
      held[storage.data()] = storage.nbytes();
    }
  }
  uint64_t all = 0;
  for (const auto& [place, bytes] : held) all += bytes;
  return all;
}

TEST(Pt2, HoldsAFileOnceHoweverOftenAndHoweverItIsNamed) {
  SmallArchive archive;
  // Of the weight of 5 x 6 in one of three programs.
  archive.change("weights/forward_weights_config.json",
                 replacing(R"({"as_int":6},{"as_int":1})", R"({"as_int":1},{"as_int":5})"));
  uint64_t stored = 0;
  for (const ZipEntry& entry : list_zip(archive.path)) {
    const bool is_tensor = entry.name.find("data/weights/weight_") != std::string::npos ||
                           entry.name.find("data/constants/tensor_") != std::string::npos;
    if (is_tensor) stored += entry.size;
  }
  const Pt2File file = read_pt2(archive.path);
  EXPECT_GT(stored, 0U);
  EXPECT_LE(bytes_held(file), stored);
  const std::string name = "encoder.dense1.weight";
  const at::Tensor straight = parameter_of(file, "encode", name),
                   across = parameter_of(file, "forward", name);
  EXPECT_TRUE(across.is_alias_of(straight));
  EXPECT_FALSE(at::equal(across, straight));
  EXPECT_TRUE(at::equal(across, straight.as_strided({5, 6}, {1, 5})));

  // Written again they are two files: their numbers lie in one place in two orders.
  write_pt2(archive.folder / "again.pt2", file);
  const Pt2File again = read_pt2(archive.folder / "again.pt2");
  EXPECT_TRUE(at::equal(parameter_of(again, "encode", name), straight));
  EXPECT_TRUE(at::equal(parameter_of(again, "forward", name), across));
}

TEST(Pt2, ReadsDamagedProgramsAsErrorsAlone) {
  SmallArchive archive;
  const auto files = read_zip(archive.path);
  std::mt19937 random(5);
  for (int i = 0; i < 400; ++i) {
    auto damaged = files;
    auto& bytes = damaged[random() % damaged.size()].bytes;
    if (bytes.empty()) continue;
    if (random() % 4 == 0) bytes.resize(random() % bytes.size());
    for (int k = 0; k < 3 && !bytes.empty(); ++k)
      bytes[random() % bytes.size()] = static_cast<char>(random() % 128);
    write_zip(archive.path, damaged);
    try {
      for (const Graph& graph : read_pt2(archive.path).methods) {
        run_graph(graph, {at::rand({2, graph.method == "decode" ? 2 : 6})});
      }
    } catch (const Error&) {  // what a damaged file is
    }
  }
}

}  // namespace
}  // namespace hourglass::formats
