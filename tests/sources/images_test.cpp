#include "hourglass/sources/images.h"

#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/formats/digest.h"
#include "hourglass/sources/open.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>

namespace hourglass::sources {

using namespace datasets;
using namespace formats;

namespace {

namespace fs = std::filesystem;
using testing::error_of;
using testing::expect_contains;
using testing::TemporaryFolder;

/// Stands in for OpenCV: the text "2,1,3" is an image of two channels, one row and three columns
/// of the value that follows: "1,2,2:7".
at::Tensor decode_text(std::string_view bytes, const std::string& name) {
  const auto number = [&](size_t place) { return int64_t{bytes[place] - '0'}; };
  if (bytes.size() != 7) throw Error("{}: no image", name);
  return at::full({number(0), number(2), number(4)}, number(6), at::kByte);
}

/// Stands in for a library: the first value everywhere.
at::Tensor adapt_by_first_value(const at::Tensor& image, const Shape& shape) {
  return at::full(shape, image.flatten()[0].item(), at::kByte);
}

/// A folder of such images, and the decoder for them.
class ImageFolder {
 public:
  ImageFolder() { set_image_library({decode_text, adapt_by_first_value}); }
  ~ImageFolder() { set_image_library({}); }

  void add(const std::string& name, const std::string& text) const {
    fs::create_directories((folder_ / name).parent_path());
    testing::write_file(folder_ / name, text);
  }
  const fs::path& path() const { return folder_.path(); }

 private:
  TemporaryFolder folder_;
};

TEST(ListImages, SortsAFlatFolderByName) {
  const ImageFolder folder;
  for (const std::string name : {"b.PNG", "a.jpeg", "c.jpg", "notes.txt", ".hidden.png"}) {
    folder.add(name, "");
  }
  const ImageFiles files = list_images(folder.path());
  ASSERT_EQ(files.paths.size(), 3U);
  EXPECT_EQ(files.paths[0].filename(), "a.jpeg");
  EXPECT_EQ(files.paths[1].filename(), "b.PNG");
  EXPECT_EQ(files.paths[2].filename(), "c.jpg");
  EXPECT_TRUE(files.labels.empty());
  EXPECT_TRUE(files.class_names.empty());
  EXPECT_EQ(files.skipped, 1);
}

TEST(ListImages, TakesSubFoldersAsClasses) {
  const ImageFolder folder;
  for (const std::string name : {"dog/1.png", "cat/2.png", "cat/1.png", "empty/readme.txt"}) {
    folder.add(name, "");
  }
  const ImageFiles files = list_images(folder.path());
  EXPECT_EQ(files.class_names, (std::vector<std::string>{"cat", "dog"}));
  EXPECT_EQ(files.labels, (std::vector<int64_t>{0, 0, 1}));
  ASSERT_EQ(files.paths.size(), 3U);
  EXPECT_EQ(files.paths[1], folder.path() / "cat/2.png");
  EXPECT_EQ(files.skipped, 1);
}

TEST(ListImages, SortsNumbersByTheirValue) {
  const ImageFolder folder;
  for (const std::string name : {"class10/a.png", "class9/b10.png", "class9/b9.png"}) {
    folder.add(name, "");
  }
  const ImageFiles files = list_images(folder.path());
  EXPECT_EQ(files.class_names, (std::vector<std::string>{"class9", "class10"}));
  EXPECT_EQ(files.paths.front(), folder.path() / "class9/b9.png");
}

TEST(ListImages, RefusesFoldersThatAreNotClear) {
  const ImageFolder folder;
  const auto error = [&] { return error_of([&] { list_images(folder.path()); }); };
  expect_contains(error(), {folder.path(), "PNG or JPEG", "found nothing"});
  folder.add("deep/deeper/a.png", "");
  expect_contains(error(), {"found other files"});
  folder.add("cat/a.png", "");
  folder.add("b.png", "");
  expect_contains(error(), {"found both", "b.png", "cat/a.png"});
  expect_contains(error_of([] { list_images("absent"); }), {"absent", "No such file"});
}

TEST(ReadImageFolder, StacksImagesInOrder) {
  const ImageFolder folder;
  folder.add("x/b.png", "1,1,2:2");
  folder.add("x/a.png", "1,1,2:1");
  folder.add("y/a.png", "1,1,2:3");
  const StoredData data = read_image_folder(folder.path());
  EXPECT_TRUE(data.rows.values.equal(at::tensor({1, 1, 2, 2, 3, 3}, at::kByte).view({3, 1, 1, 2})));
  EXPECT_TRUE(data.rows.labels.equal(at::tensor({0, 0, 1}, at::kLong)));
  EXPECT_TRUE(data.test.empty());
  EXPECT_EQ(data.row_names, (std::vector<std::string>{"x/a.png", "x/b.png", "y/a.png"}));
  EXPECT_EQ(data.sha256, sha256("x/a.png1,1,2:1x/b.png1,1,2:2y/a.png1,1,2:3"));
}

TEST(ReadImageFolder, NamesImagesAsTheFolderDoesWhereverLinksLead) {
  const ImageFolder folder, store;
  store.add("0001.png", "1,1,2:1");
  store.add("0002.png", "1,1,2:2");
  folder.add("dog/a.png", "1,1,2:3");
  fs::create_directory_symlink(store.path(), folder.path() / "cat");
  fs::create_symlink(store.path() / "0002.png", folder.path() / "dog/b.png");
  const std::vector<std::string> names = {"cat/0001.png", "cat/0002.png", "dog/a.png", "dog/b.png"};
  for (const fs::path& path : {folder.path(), folder.path() / "", folder.path() / "dog/.."}) {
    const StoredData data = read_image_folder(path);
    EXPECT_EQ(data.row_names, names) << path;
    EXPECT_EQ(data.sha256, sha256("cat/0001.png1,1,2:1cat/0002.png1,1,2:2"
                                  "dog/a.png1,1,2:3dog/b.png1,1,2:2"));
  }
  folder.add("c.png", "1,1,2:4");
  expect_contains(error_of([&] { list_images(folder.path()); }),
                  {"found both", "and cat/0001.png"});
}

TEST(ReadImageFolder, IsInColourWhereAnyImageIs) {
  const ImageFolder folder;
  folder.add("a.png", "1,2,2:5");
  folder.add("b.png", "3,2,2:7");
  const StoredData data = read_image_folder(folder.path());
  ASSERT_EQ(data.rows.values.sizes(), (at::IntArrayRef{2, 3, 2, 2}));
  EXPECT_TRUE(data.rows.values[0].eq(5).all().item<bool>());
  EXPECT_TRUE(data.rows.values[1].eq(7).all().item<bool>());
  EXPECT_FALSE(data.rows.labels.defined());
}

TEST(ReadImageFolder, NamesTheFirstImageOfAnotherSize) {
  const ImageFolder folder;
  folder.add("a.png", "1,2,3:0");
  folder.add("b.png", "3,2,3:0");
  folder.add("c.png", "1,3,3:0");
  folder.add("d.png", "1,4,4:0");
  expect_contains(error_of([&] { read_image_folder(folder.path()); }),
                  {"c.png", "2 × 3", "a.png", "found 3 × 3", "`resize` 2,3"});
}

TEST(ReadImageFolder, GivesImagesOneSizeAndColour) {
  const ImageFolder folder;
  folder.add("a.png", "1,2,3:4");
  folder.add("b.png", "3,5,3:7");
  const at::Tensor resized = read_image_folder(folder.path(), {.size = {4, 2}}).rows.values;
  EXPECT_EQ(resized.sizes(), (at::IntArrayRef{2, 3, 4, 2})) << "in colour where any is";
  EXPECT_TRUE(resized.select(1, 0).select(1, 0).select(1, 0).equal(at::tensor({4, 7}, at::kByte)));
  const ImageForm grey{.size = {2, 3}, .color = ImageColor::Grey};
  EXPECT_EQ(read_image_folder(folder.path(), grey).rows.values.sizes(),
            (at::IntArrayRef{2, 1, 2, 3}));
  fs::remove(folder.path() / "b.png");
  EXPECT_EQ(read_image_folder(folder.path(), {.color = ImageColor::Rgb}).rows.values.sizes(),
            (at::IntArrayRef{1, 3, 2, 3}));
}

TEST(OpenData, ChangesImagesOfFoldersAlone) {
  DataOptions options;
  options.resize = {8, 8};
  EXPECT_THROW(open_data(options, 1), UsageError);
  expect_contains(error_of([&] { open_data(options, 1); }), {"`resize`", "images:DIR", "digits"});
  options.resize = {};
  options.color = ImageColor::Grey;
  expect_contains(error_of([&] { open_data(options, 1); }), {"`color`", "images:DIR"});
}

TEST(ImageSize, ReadsWhatItWrites) {
  for (const char* text : {"none", "28,32"}) EXPECT_EQ(ImageSize::parse(text).value().text(), text);
  for (const char* text : {"", "28", "0,3", "-1,2", "1,2,3", "100000,1", "a,b"}) {
    EXPECT_FALSE(ImageSize::parse(text)) << text;
  }
}

TEST(ReadImageFolder, PassesOnWhatIsWrongWithAnImage) {
  const ImageFolder folder;
  folder.add("a.png", "broken");
  for (int i = 0; i < 3; ++i) folder.add(fmt::format("b{}.png", i), "also broken");
  expect_contains(error_of([&] { read_image_folder(folder.path()); }), {"a.png: no image"});
}

TEST(ReadImageFolder, NeedsADecoder) {
  const ImageFolder folder;
  folder.add("a.png", "1,2,3:0");
  set_image_library({});
  expect_contains(error_of([&] { read_image_folder(folder.path()); }), {"cannot decode images"});
}

TEST(OpenData, ReadsAFolderOfImages) {
  const ImageFolder folder;
  for (int i = 0; i < 10; ++i) {
    folder.add(fmt::format("{}/{}.png", i % 2 == 0 ? "even" : "odd", i),
               fmt::format("1,2,2:{}", i));
  }
  folder.add("odd/list.txt", "");
  DataOptions options;
  options.dataset = "images:" + folder.path().string();
  options.targets = options.dataset;
  options.validation = {Validation::Kind::None};
  const DataSplits data = open_data(options, 1);
  EXPECT_EQ(data.training->item_shape(), (Shape{1, 2, 2}));
  EXPECT_EQ(data.info.class_names, (std::vector<std::string>{"even", "odd"}));
  EXPECT_EQ(data.info.scaling.factor, (std::vector<double>{1.0 / 255}));
  ASSERT_EQ(data.info.notes.size(), 2U) << "of the inputs and of the targets";
  expect_contains(data.info.notes[0], {"skipped 1 file"});
  const Batch batch = data.training->batch(data.training->all_positions());
  EXPECT_TRUE(batch.input.select(1, 0).select(1, 0).select(1, 0).mul(255).allclose(
      at::tensor({0.0F, 2.0F, 4.0F, 6.0F, 8.0F, 1.0F, 3.0F, 5.0F, 7.0F, 9.0F})));
  EXPECT_TRUE(batch.target.equal(batch.input));

  options.dataset = "images:";
  EXPECT_THROW(open_data(options, 1), UsageError);
}

}  // namespace
}  // namespace hourglass::sources
