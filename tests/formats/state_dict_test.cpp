#include "hourglass/formats/state_dict.h"

#include "hourglass/core/error.h"
#include "hourglass/formats/pickle.h"
#include "hourglass/formats/weights.h"
#include "hourglass/tests/formats/complaint.h"
#include "hourglass/tests/formats/state_dict_files.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>
#include <torch/nn/modules/batchnorm.h>

#include <fstream>
#include <functional>
#include <iterator>
#include <random>

namespace hourglass::formats {
namespace {

using hourglass::testing::complaint_of;
using hourglass::testing::error_of;
using hourglass::testing::expect_contains;
using hourglass::testing::TemporaryFolder;

std::filesystem::path checkpoint(const TemporaryFolder& folder) {
  write_zip(folder / "x.pt", checkpoint_files());
  return folder / "x.pt";
}

/// The same with the file `name` in the archive replaced.
std::filesystem::path checkpoint_with(const TemporaryFolder& folder, const std::string& name,
                                      const std::string& bytes) {
  auto files = checkpoint_files();
  for (auto& file : files) {
    if (file.name == "x/" + name) file.bytes = bytes;
  }
  write_zip(folder / "x.pt", files);
  return folder / "x.pt";
}

std::string replaced_once(std::string text, const std::string& from, const std::string& to) {
  const size_t place = text.find(from);
  EXPECT_NE(place, std::string::npos);
  return text.replace(place, from.size(), to);
}

std::string error_with(const std::string& pickle) {
  const TemporaryFolder folder;
  return error_of([&] { read_state_dict(checkpoint_with(folder, "data.pkl", pickle)); });
}

TEST(ReadStateDict, TakesTheModelsPartOfACheckpoint) {
  const TemporaryFolder folder;
  const TensorMap tensors = read_state_dict(checkpoint(folder));
  ASSERT_EQ(tensors.size(), 6U);
  EXPECT_TRUE(at::equal(tensors.at("weight"), at::arange(6, at::kFloat).view({2, 3}).t()));
  EXPECT_TRUE(at::equal(tensors.at("whole"), at::arange(4, at::kDouble)));
  EXPECT_TRUE(at::equal(tensors.at("tail"), at::arange(1, 3, at::kDouble)));
  EXPECT_TRUE(at::equal(tensors.at("spread"), at::full({2, 3}, 7, at::kLong)));
  EXPECT_TRUE(at::equal(tensors.at("flag"), at::scalar_tensor(true, at::kBool)));
  EXPECT_TRUE(at::equal(tensors.at("none"), at::zeros({0, 3}, at::kHalf)));
  EXPECT_TRUE(tensors.at("whole").is_alias_of(tensors.at("tail")));
}

TEST(ReadStateDict, TakesAllThereIsWithoutAModelsPart) {
  const TemporaryFolder folder;
  const std::string other = replaced_once(checkpoint_pickle(), "state_dict", "embeddings");
  const TensorMap tensors = read_state_dict(checkpoint_with(folder, "data.pkl", other));
  EXPECT_EQ(tensors.size(), 6U) << "what the optimizer keeps is left out";
  EXPECT_TRUE(tensors.contains("embeddings.weight"));
  const std::string training = replaced_once(checkpoint_pickle(), "state_dict", "optimizers");
  const TensorMap states = read_state_dict(checkpoint_with(folder, "data.pkl", training));
  EXPECT_EQ(states.size(), 7U) << "they are all there is";
  EXPECT_EQ(states.at("optimizer.state.0.step").item<float>(), 5);
}

TEST(ReadStateDict, ReadsLaterPickles) {
  const TemporaryFolder folder;
  write_zip(folder / "x.pt", {{"x/data.pkl", pickle_of_protocol_4()},
                              {"x/data/0", std::string("\0\0\x80\x3f\0\0\x80\x3f", 8)}});
  EXPECT_TRUE(at::equal(read_state_dict(folder / "x.pt").at("a"), at::ones({2})));
}

TEST(ReadStateDict, ReadsWhatSaveWeightsWrites) {
  const TemporaryFolder folder;
  torch::nn::BatchNorm1d model(3);
  save_weights(*model, folder / "weights.pt");
  const TensorMap tensors = read_state_dict(folder / "weights.pt");
  EXPECT_EQ(tensors.size(), 5U);
  EXPECT_TRUE(at::equal(tensors.at("running_var"), at::ones({3})));
  EXPECT_TRUE(at::equal(tensors.at("num_batches_tracked"), at::zeros({}, at::kLong)));
}

TEST(ReadStateDict, ReadsWhatPythonWrote) {
  HOURGLASS_NEEDS_THIRD_PARTY_MODELS();
  EXPECT_FALSE(read_state_dict(hourglass::testing::third_party_model("weights")).empty());
}

TEST(ReadStateDict, NamesClassesThatItDoesNotKnow) {
  const std::string system =
      std::string("\x80\x02") + "cposix\nsystem\n(X\x04" + std::string(3, '\0') + "truetR.";
  expect_contains(error_with(system), {"x.pt", "expected tensors by name",
                                       "the Python class posix.system", "save model.state_dict()"});
  const std::string model = std::string("\x80\x02") + "cmine\nNet\x1b\n)\x81}b.";
  expect_contains(error_with(model), {"mine.Net?", "state_dict"});
  expect_contains(error_with("\x80\x02K\x01."), {"expected tensors by name", "another kind"});
  expect_contains(error_with("\x80\x02]."), {"a list"});
  expect_contains(error_with("\x80\x02}."), {"expected tensors by name, found none"});
  expect_contains(error_with("\x80\x02i"), {"0x69", "byte 3"});
  expect_contains(error_with("\x80\x02}"), {"more bytes"});
}

TEST(ReadStateDict, ChecksSizesAgainstStorages) {
  // The Parameter's offset, sizes and strides: K 0, K 3 K 2, K 1 K 3.
  const std::string whole = checkpoint_pickle(), at = "QK", sizes = std::string("\0K\3K\2\206", 6);
  const auto with = [&](const std::string& changed) {
    return error_with(replaced_once(whole, at + sizes, at + changed));
  };
  expect_contains(with(std::string("\1K\3K\2\206", 6)), {"'weight'", "6 values", "from value 1"});
  expect_contains(with(std::string("\0K\3K\3\206", 6)), {"'weight'", "shape 3 x 3"});
  expect_contains(with(std::string("\0K\3\205", 4)), {"'weight'"});
  expect_contains(with(std::string("\0K\3J\377\377\377\377\206", 9)), {"sizes and strides"});
  const std::string huge = std::string("\0\212\7\0\0\0\0\0\0\1K\2\206", 13);
  expect_contains(with(huge), {"'weight'"});
  const TemporaryFolder folder;
  expect_contains(
      error_of([&] { read_state_dict(checkpoint_with(folder, "data/0", std::string(20, '\0'))); }),
      {"6 values of 4 bytes in data/0", "found 20 bytes"});
  // The storage's name, which an error shows in one line.
  const std::string name(
      "X\1\0\0\0"
      "0q",
      7);
  EXPECT_EQ(error_with(replaced_once(whole, name, std::string("X\1\0\0\0\nq", 7))).find('\n'),
            std::string::npos);
  expect_contains(error_of([&] { read_state_dict(checkpoint_with(folder, "data/3", "\x07")); }),
                  {"0 or 1", "data/3"});
  expect_contains(error_of([&] { read_state_dict(checkpoint_with(folder, "byteorder", "big")); }),
                  {"little-endian", "'big'"});
}

TEST(ReadStateDict, BoundsWhatRefersToItself) {
  // A dictionary that is its own value, and dictionaries of a hundred of the ones before.
  expect_contains(error_with(std::string("\x80\x02}q\0X\1\0\0\0ah\0s.", 15)),
                  {"within each other"});
  std::string wide("\x80\x02}q\0", 5);
  for (char level = 1; level < 9; ++level) {
    wide += "}";
    for (char i = 0; i < 100; ++i) {
      wide += std::string("K") + i + "h" + static_cast<char>(level - 1) + "s";
    }
    wide += std::string("q") + level;
  }
  expect_contains(error_with(wide + "."), {"1,000,000 entries"});
  expect_contains(complaint_of([&] { parse_pickle(std::string(1'100'000, 'N'), "x.pt"); }),
                  {"1,000,000 values"});
}

/// BINUNICODE of so many letters.
std::string letters(uint32_t length) {
  std::string text = "X";
  for (int i = 0; i < 4; ++i) text += static_cast<char>(length >> (8 * i) & 0xff);
  return text + std::string(length, 'a');
}

/// ("storage", FloatStorage, `name`, "cpu", 1), of which BINPERSID makes a storage.
std::string storage_tuple(const std::string& name) {
  return std::string("(X\7\0\0\0storage", 13) + "ctorch\nFloatStorage\n" + name +
         std::string("X\3\0\0\0cpuK\1t", 11);
}

std::string repeated(const std::string& piece, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += piece;
  return all;
}

constexpr uint32_t kLongName = 1 << 20;  // 64 copies are allowed, with nothing beside them

TEST(ParsePickle, BoundsTheNamesOfStoragesAndClassesThatAFileHasCopied) {
  const std::string storage =
                        "\x80\x02" + storage_tuple(letters(kLongName)) + std::string("q\0", 2),
                    again = std::string("h\0Q", 3);
  expect_contains(complaint_of([&] { parse_pickle(storage + repeated(again, 100) + ".", "x.pt"); }),
                  {"x.pt", "67,108,864 bytes of names", "data.pkl"});
  EXPECT_EQ(complaint_of([&] { parse_pickle(storage + repeated(again, 10) + ".", "x.pt"); }), "");

  const std::string class_name = "\x80\x02" + letters(kLongName) + std::string("q\0", 2) +
                                 letters(1) + "q\1",
                    named = std::string("h\0h\1\x93", 5);
  const auto complaint = [&](int times) {
    return complaint_of([&] {
      parse_pickle(class_name + repeated(named, times) + ".", "x.pt", PickleClasses::Any);
    });
  };
  expect_contains(complaint(100), {"x.pt", "67,108,864 bytes of names"});
  EXPECT_EQ(complaint(10), "");
}

TEST(ReadStateDict, BoundsTheNamesOfTensorsWithinALongKey) {
  std::string pickle = "\x80\x02" + std::string("ctorch._utils\n_rebuild_tensor_v2\n(") +
                       storage_tuple(letters(1)) + std::string("QK\0))tRq\0}q\1", 12);
  for (char i = 0; i < 100; ++i) pickle += std::string("K") + i + std::string("h\0s", 3);
  expect_contains(error_with(pickle + "}" + letters(kLongName) + "h\1s."),
                  {"x.pt", "67,108,864 bytes of names", "dictionaries"});
}

TEST(ParsePickle, TakesQuantizedTensorsAndThoseOfAClassForTensorsWhereAllClassesAreAllowed) {
  const std::string arguments =
      "(" + storage_tuple(letters(1)) + std::string("QK\0K\1\205K\1\205t", 10);
  const std::string direct = "ctorch._utils\n_rebuild_qtensor\n" + arguments + "R.",
                    of_class =
                        "ctorch._tensor\n_rebuild_from_type_v2\n("
                        "ctorch._utils\n_rebuild_tensor_v2\nN" +
                        arguments + "}tR.";
  for (const std::string& calls : {direct, of_class}) {
    const Pickle pickle = parse_pickle("\x80\x02" + calls, "x.pt", PickleClasses::Any);
    EXPECT_EQ(pickle.at(pickle.root).kind, PickleValue::Kind::Tensor);
    expect_contains(error_of([&] { parse_pickle("\x80\x02" + calls, "x.pt"); }),
                    {"the Python class"});
  }
}

/// A few changes of bytes, or a piece cut off.
std::string mutated(std::string bytes, std::mt19937& random) {
  const auto below = [&](size_t limit) { return static_cast<size_t>(random() % limit); };
  const std::string alphabet("\x80\x02}]()tuseqhKJMXcRQb.N\x85\x86\x87\x8a\xff\0\x01", 29);
  for (size_t changes = 1 + below(3); changes > 0 && !bytes.empty(); --changes) {
    const size_t at = below(bytes.size());
    switch (below(6)) {
      case 0: bytes[at] = static_cast<char>(below(256)); break;
      case 1: bytes[at] = alphabet[below(alphabet.size())]; break;
      case 2: bytes.erase(at, 1 + below(9)); break;
      case 3: bytes.insert(at, 1 + below(3), alphabet[below(alphabet.size())]); break;
      case 4: bytes.resize(below(8) == 0 ? at : bytes.size()); break;
      default: bytes[at] = static_cast<char>(bytes[at] ^ (1 << below(8)));
    }
  }
  return bytes;
}

/// Reads a damaged file; whether it was accepted. Only an `Error` of one line may come out.
bool reads(const std::function<void()>& read, int round) {
  try {
    read();
    return true;
  } catch (const Error& error) {
    const std::string message = error.what();
    EXPECT_NE(message.find("x.pt"), std::string::npos) << message;
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
  } catch (const std::exception& other) {
    ADD_FAILURE() << "round " << round << ": " << other.what();
  }
  return false;
}

TEST(ParsePickle, MutatedBytesGiveAnErrorOrValues) {
  std::mt19937 random(20261128);
  int accepted = 0;
  for (int round = 0; round < 40'000; ++round) {
    const std::string bytes =
        mutated(round % 8 == 0 ? pickle_of_protocol_4() : checkpoint_pickle(), random);
    accepted += reads([&] { parse_pickle(bytes, "x.pt"); }, round) ? 1 : 0;
  }
  EXPECT_GT(accepted, 1000);
  EXPECT_LT(accepted, 30'000);
}

TEST(ReadStateDict, MutatedPicklesInAWholeArchiveGiveAnErrorOrTensorsOfItsBytes) {
  const TemporaryFolder folder;
  std::mt19937 random(20261129);
  int accepted = 0;
  for (int round = 0; round < 1'000; ++round) {
    const auto path = checkpoint_with(folder, "data.pkl", mutated(checkpoint_pickle(), random));
    accepted += reads(
                    [&] {
                      size_t bytes = 0;
                      for (const auto& [name, tensor] : read_state_dict(path)) {
                        EXPECT_LE(tensor.storage().nbytes(), 32U) << name;
                        bytes +=
                            tensor.defined() && tensor.numel() < 64 ? tensor.clone().nbytes() : 0;
                      }
                      EXPECT_LE(bytes, size_t{64} * 64 * 8);
                    },
                    round)
                    ? 1
                    : 0;
  }
  EXPECT_GT(accepted, 25);
}

TEST(ReadStateDict, MutatedArchivesGiveAnErrorOrTensors) {
  const TemporaryFolder folder;
  write_zip(folder / "whole.zip", checkpoint_files());
  std::ifstream file(folder / "whole.zip", std::ios::binary);
  const std::string whole{std::istreambuf_iterator<char>(file), {}};
  std::mt19937 random(20261130);
  for (int round = 0; round < 3'000; ++round) {
    hourglass::testing::write_file(folder / "x.pt", mutated(whole, random));
    reads([&] { read_state_dict(folder / "x.pt"); }, round);
  }
}

}  // namespace
}  // namespace hourglass::formats
