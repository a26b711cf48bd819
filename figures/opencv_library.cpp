// The library that figures/opencv.cpp loads: the only file that knows OpenCV. It links nothing of
// ours, and LibTorch neither.

#include "hourglass/figures/opencv.h"

#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include <stdexcept>

namespace hourglass::figures {
namespace {

/// The same bytes, which OpenCV only reads: its type has no constant form.
cv::Mat as_mat(const PixelView& pixels) {
  return {pixels.height, pixels.width, CV_8UC(pixels.channels), const_cast<uint8_t*>(pixels.bytes)};
}

/// Of a whole matrix, whose rows lie without gaps.
Pixels to_pixels(const cv::Mat& mat) {
  if (mat.empty()) return {};
  return {mat.rows, mat.cols, mat.channels(), {mat.datastart, mat.dataend}};
}

Color step_of(cv::ColormapTypes map, uint8_t step) {
  cv::Mat color;
  cv::applyColorMap(cv::Mat(1, 1, CV_8UC1, cv::Scalar(step)), color, map);
  const auto& bgr = color.at<cv::Vec3b>(0);
  return {bgr[2], bgr[1], bgr[0]};
}

class Library final : public OpenCv {
 public:
  bool writes(const std::string& file_name) const override {
    return cv::haveImageWriter(file_name);
  }

  std::vector<uint8_t> encode(const PixelView& pixels, const std::string& suffix) const override
      try {
    cv::Mat swapped;  // not in place: the pixels are the caller's
    if (pixels.channels == 3) cv::cvtColor(as_mat(pixels), swapped, cv::COLOR_RGB2BGR);
    const cv::Mat stored = swapped.empty() ? as_mat(pixels) : swapped;
    std::vector<uint8_t> bytes;
    // Level 9 takes five times as long for 3 % less.
    cv::imencode(suffix, stored, bytes, {cv::IMWRITE_PNG_COMPRESSION, 6});
    return bytes;
  } catch (const cv::Exception&) {
    return {};
  }

  Pixels decode(std::string_view bytes) const override try {
    const auto* first = reinterpret_cast<const uint8_t*>(bytes.data());
    cv::Mat pixels =
        cv::imdecode(as_mat({first, 1, static_cast<int>(bytes.size()), 1}), cv::IMREAD_ANYCOLOR);
    if (pixels.channels() == 3) cv::cvtColor(pixels, pixels, cv::COLOR_BGR2RGB);
    return to_pixels(pixels);
  } catch (const cv::Exception& error) {
    throw std::runtime_error(error.err);
  }

  Pixels resize(const PixelView& pixels, int height, int width, Resizing how) const override {
    const auto method = how == Resizing::Nearest ? cv::INTER_NEAREST
                        : how == Resizing::Area  ? cv::INTER_AREA
                                                 : cv::INTER_LINEAR;
    cv::Mat resized;
    cv::resize(as_mat(pixels), resized, {width, height}, 0, 0, method);
    return to_pixels(resized);
  }

  Pixels with_channels(const PixelView& pixels, int channels) const override {
    cv::Mat converted;
    cv::cvtColor(as_mat(pixels), converted,
                 channels == 1 ? cv::COLOR_RGB2GRAY : cv::COLOR_GRAY2RGB);
    return to_pixels(converted);
  }

  Pixels coverage(std::span<const Contour> contours, int height, int width) const override {
    // Drawn at eight times the size and averaged: exact to a 64th of a pixel's area.
    constexpr int kFiner = 8, kFractionBits = 4;
    // OpenCV counts from the middle of a pixel, we from its corner.
    const auto place = [](double at) {
      return cvRound((kFiner * at - 0.5) * (1 << kFractionBits));
    };
    std::vector<std::vector<cv::Point>> polygons;
    for (const Contour& contour : contours) {
      std::vector<cv::Point>& polygon = polygons.emplace_back();
      for (const Point& point : contour) polygon.emplace_back(place(point.x), place(point.y));
    }
    cv::Mat fine = cv::Mat::zeros(kFiner * height, kFiner * width, CV_8UC1), covered;
    cv::fillPoly(fine, polygons, 255, cv::LINE_8, kFractionBits);
    cv::resize(fine, covered, {width, height}, 0, 0, cv::INTER_AREA);
    return to_pixels(covered);
  }

  Color viridis(uint8_t step) const override { return step_of(cv::COLORMAP_VIRIDIS, step); }
  Color magma(uint8_t step) const override { return step_of(cv::COLORMAP_MAGMA, step); }
};

}  // namespace

extern "C" __attribute__((visibility("default"))) const OpenCv& hourglass_opencv() {
  static const Library library;
  return library;
}

}  // namespace hourglass::figures
