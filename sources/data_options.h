#pragma once

#include "hourglass/core/fields.h"
#include "hourglass/datasets/binarization.h"
#include "hourglass/datasets/condition.h"
#include "hourglass/datasets/corruption.h"
#include "hourglass/datasets/scaling.h"
#include "hourglass/datasets/split.h"
#include "hourglass/sources/csv.h"
#include "hourglass/sources/images.h"
#include "hourglass/sources/row_choice.h"
#include "hourglass/sources/series_options.h"

#include <cstdint>
#include <memory>
#include <string>

namespace hourglass::sources {

/// Megabytes of files that are read into memory; larger ones stay where they are.
inline constexpr int64_t kMapAbove = 512;

/// What to train on or evaluate.
struct DataOptions {
  std::string dataset = "digits";
  std::string targets;
  std::string data_dir;
  int64_t map_above = kMapAbove;
  LabelColumn label_column;
  Header header = Header::Auto;
  ColumnChoice columns;
  datasets::Imputation impute = datasets::Imputation::Median;
  /// What a model knows of a table's columns; null: nothing. Not an option.
  std::shared_ptr<const datasets::TableSchema> known_columns = nullptr;
  ImageSize resize;
  ImageColor color = ImageColor::Auto;
  Shape item_shape;
  SeriesOptions series;
  ClassChoice classes;
  RowChoice rows;
  datasets::ScalingRule scale;
  datasets::Validation validation;
  datasets::Binarization binarize = datasets::Binarization::None;
  datasets::Corruption corruption;
  datasets::Noise noise = datasets::Noise::Fresh;
  datasets::ConditionRule condition;

  /// Adds a row for each field, under the heading "Data".
  void describe(FieldTable& table);

  /// All fields but `condition`, for programs that take more than a rule there.
  void describe_without_condition(FieldTable& table);
};

}  // namespace hourglass::sources
