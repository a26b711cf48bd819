#include "hourglass/sources/images.h"

#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/core/text.h"
#include "hourglass/formats/digest.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <system_error>
#include <utility>

namespace hourglass::sources {
namespace {

namespace fs = std::filesystem;

ImageLibrary& image_library() {
  static ImageLibrary library;
  return library;
}

/// What lies in a folder by name, without what is hidden.
std::vector<fs::path> sorted_entries(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> entries;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    if (!entry->path().filename().string().starts_with('.')) entries.push_back(entry->path());
  }
  if (error) throw Error("{}: cannot read the folder: {}", folder.string(), error.message());
  std::sort(entries.begin(), entries.end(), [](const fs::path& a, const fs::path& b) {
    return natural_less(a.filename().string(), b.filename().string());
  });
  return entries;
}

/// The images of a class; counts what else there is as skipped.
std::vector<fs::path> images_of_class(const fs::path& folder, int64_t& skipped) {
  std::vector<fs::path> images;
  for (const auto& entry : sorted_entries(folder)) {
    if (is_image_file(entry)) {
      images.push_back(entry);
    } else {
      ++skipped;
    }
  }
  return images;
}

/// The image in a form, which leaves what it does not say as it is.
at::Tensor adapted(const at::Tensor& image, const ImageForm& form) {
  Shape shape = image.sizes().vec();
  if (form.color != ImageColor::Auto) shape[0] = form.color == ImageColor::Grey ? 1 : 3;
  if (!form.size.any()) shape = {shape[0], form.size.height, form.size.width};
  return image.sizes() == shape ? image : image_library().adapt(image, shape);
}

/// Decodes images one after the other, which must be of one size once they have their form.
class ImageStack {
 public:
  explicit ImageStack(ImageForm form) : form_(form) {}

  void add(const fs::path& path, std::string_view bytes) {
    const at::Tensor image = adapted(image_library().decode(bytes, path.string()), form_);
    if (images_.empty()) first_ = path;
    if (!images_.empty() && image.sizes().slice(1) != images_[0].sizes().slice(1)) {
      throw Error(
          "{}: expected an image of {} × {} pixels (height × width) as {} is, found {} × {}: use "
          "`resize` {},{}, say",
          path.string(), images_[0].size(1), images_[0].size(2), first_.string(), image.size(1),
          image.size(2), images_[0].size(1), images_[0].size(2));
    }
    images_.push_back(image);
    channels_ = std::max(channels_, image.size(0));
  }

  /// [N, C, H, W]: in colour where any image is.
  at::Tensor values() const {
    at::Tensor values = at::empty(
        {static_cast<int64_t>(images_.size()), channels_, images_[0].size(1), images_[0].size(2)},
        at::kByte);
    for (size_t i = 0; i < images_.size(); ++i) {
      values[static_cast<int64_t>(i)].copy_(images_[i]);  // one grey channel fills three
    }
    return values;
  }

 private:
  ImageForm form_;
  fs::path first_;
  std::vector<at::Tensor> images_;
  int64_t channels_ = 1;
};

}  // namespace

void set_image_library(ImageLibrary library) { image_library() = std::move(library); }

std::optional<ImageSize> ImageSize::parse(const std::string& text) {
  constexpr int64_t kLargest = 1 << 15;
  if (text == "none") return ImageSize{};
  const auto sizes = TextCodec<std::vector<int64_t>>::parse(text);
  if (!sizes || sizes->size() != 2) return {};
  const auto [least, most] = std::minmax(sizes->front(), sizes->back());
  if (least < 1 || most > kLargest) return {};
  return ImageSize{sizes->front(), sizes->back()};
}

bool is_image_file(const fs::path& path) {
  const std::string suffix = in_small_letters(path.extension().string());
  std::error_code ignored;
  return (suffix == ".png" || suffix == ".jpg" || suffix == ".jpeg") &&
         !fs::is_directory(path, ignored);
}

ImageFiles list_images(const fs::path& folder) {
  ImageFiles flat, classes;
  for (const auto& entry : sorted_entries(folder)) {
    if (is_image_file(entry)) {
      flat.paths.push_back(entry);
    } else if (fs::is_directory(entry)) {
      const auto images = images_of_class(entry, classes.skipped);
      if (images.empty()) continue;
      const auto label = static_cast<int64_t>(classes.class_names.size());
      classes.class_names.push_back(entry.filename().string());
      classes.paths.insert(classes.paths.end(), images.begin(), images.end());
      classes.labels.insert(classes.labels.end(), images.size(), label);
    } else {
      ++classes.skipped;
    }
  }
  flat.skipped = classes.skipped;
  if (flat.paths.empty() && classes.paths.empty()) {
    throw Error(
        "{}: expected PNG or JPEG images, in it or in sub-folders that are classes, found {}",
        folder.string(), classes.skipped == 0 ? "nothing" : "other files");
  }
  if (!flat.paths.empty() && !classes.paths.empty()) {
    throw Error(
        "{}: expected images either in it or in sub-folders that are classes, found both: {} and "
        "{}",
        folder.string(), flat.paths[0].filename().string(),
        classes.paths[0].lexically_relative(folder).string());
  }
  return flat.paths.empty() ? classes : flat;
}

StoredData read_image_folder(const fs::path& folder, const ImageForm& form) {
  if (!image_library().decode) {
    throw Error("images:{}: this program cannot decode images", folder.string());
  }
  ImageFiles files = list_images(folder);
  formats::Sha256 hash;
  ImageStack stack(form);
  std::vector<std::string> names;
  for (const auto& path : files.paths) {
    const std::string bytes = read_file(path);
    // As it is called here, wherever a link leads.
    names.push_back(path.lexically_relative(folder).generic_string());
    hash.add(names.back());
    hash.add(bytes);
    stack.add(path, bytes);
  }
  StoredData data{.sha256 = hash.hex(),
                  .rows = {stack.values(), {}},
                  .test = {},
                  .class_names = std::move(files.class_names),
                  .natural_scale = {datasets::ScalingRule::Kind::Max, 255},
                  .notes = {}};
  data.row_names = std::move(names);
  if (!files.labels.empty()) data.rows.labels = at::tensor(files.labels, at::kLong);
  if (files.skipped > 0) {
    data.notes.push_back(fmt::format("{}: skipped {} files that are no PNG or JPEG images",
                                     folder.string(), files.skipped));
  }
  return data;
}

}  // namespace hourglass::sources
