#include "hourglass/sources/data_options.h"

namespace hourglass::sources {
namespace {

/// The bytes of more could not be counted.
constexpr double kMostMegabytes = 1e12;

}  // namespace

void DataOptions::describe(FieldTable& table) {
  describe_without_condition(table);
  table
      .add("condition", condition,
           "what the model is told beside each item: none, label (the class) or columns:N,N,... of "
           "a table (names, or numbers from 0), which the item then lacks")
      .shown_as("WHAT");
}

void DataOptions::describe_without_condition(FieldTable& table) {
  table.begin_group("Data");
  table
      .add("dataset", dataset,
           "digits, iris, mnist, fashion-mnist, ml-100k, csv:PATH, idx:IMAGES[,LABELS], npy:X[,Y], "
           "npz:FILE "
           "(x_train, y_train, x_test, y_test, or X, y), safetensors:FILE[#TENSOR], "
           "raw:FILE,TYPE,SHAPE (of an item), series:FILE[,COLUMN,...] (a CSV file in the order of "
           "time), interactions:FILE[,HELD_OUT] (a user and an item a line; each user is a row "
           "over all items, judged by further interactions) "
           "or images:DIR (PNG and JPEG; sub-folders are classes); "
           "npy, safetensors and raw take a folder or a pattern of files as well")
      .shown_as("SET");
  table
      .add("targets", targets,
           "what the inputs should become, row by row, in the same forms; empty: the inputs "
           "themselves")
      .shown_as("SET");
  table
      .add("data_dir", data_dir,
           "where to look for named sets before $HOURGLASS_DATA, the user's cache and the "
           "system's folder")
      .shown_as("DIR");
  table
      .add("map_above", map_above,
           "files of more megabytes in all are not read into memory: rows are read when they are "
           "needed, and tables once into a cache")
      .at_least(0)
      .at_most(kMostMegabytes)
      .shown_as("MB");
  table
      .add("label_column", label_column,
           "the class in a CSV file: last, first, none, or a column's name or number, counted from "
           "0")
      .shown_as("WHICH");
  table.add("header", header, "whether a CSV file's first line names the columns: auto, yes or no")
      .shown_as("WHICH");
  table
      .add("columns", columns.columns,
           "the only columns of a CSV file to take as values, by name or number from 0; none: all")
      .shown_as("LIST");
  table.add("drop", columns.drop, "columns of a CSV file to leave out, by name or number")
      .shown_as("LIST");
  table
      .add("id_column", columns.id_column,
           "the column of a CSV file that names its rows, and is no value; empty: none")
      .shown_as("WHICH");
  table
      .add(
          "category_columns", columns.categories,
          "columns of a CSV file that are categories though their cells are numbers, postcodes say")
      .shown_as("LIST");
  table
      .add("impute", impute,
           "what a missing number of a CSV file becomes, median or mean of its column's training "
           "rows; an indicator beside it says that it was missing")
      .shown_as("HOW");
  table
      .add("resize", resize,
           "size that all images of images:DIR get, 28,28 say, by area averages where they shrink; "
           "none: they have one size")
      .shown_as("H,W");
  table.add("color", color, "images of images:DIR as grey or rgb; auto: grey where all of them are")
      .shown_as("WHICH");
  table
      .add("item_shape", item_shape,
           "gives the values of an item a shape, 1,8,8 say for a grey image of 8 × 8; none: as "
           "stored")
      .at_least(1);
  series.describe(table);
  table
      .add("classes", classes,
           "the only classes to train on and to judge by: all, or names or numbers of labels, 7,8 "
           "say")
      .shown_as("LIST");
  table
      .add("rows", rows,
           "the only rows that take part, before the split: all, numbers from 0 (0-99,150), @FILE "
           "of "
           "such, or comparisons of stored values, 'age >= 30 and label == 7' (a column's name, "
           "columnN, label or row)")
      .shown_as("WHICH");
  table
      .add("scale", scale,
           "auto (digits / 16, images / 255, else minmax), none, max:V (divide by V), norm (all by "
           "one factor: items of D values then have length sqrt(D) on average), or by column: "
           "minmax (to [0, 1]), standard (mean 0, standard deviation 1), robust (median 0, "
           "interquartile range 1) or quantile (evenly spread over [0, 1])")
      .shown_as("HOW");
  table
      .add("validation", validation,
           "rows that judge the model: test (the official part), split:F (a random fraction), "
           "last:F (the last fraction), none; auto: test, else split:0.1, of a series the last "
           "tenth")
      .shown_as("HOW");
  table
      .add("binarize", binarize,
           "draw items of 0 and 1, values being probabilities: none, fresh (in each epoch; what "
           "judges the model is drawn once) or once")
      .shown_as("WHEN");
  table
      .add("corruption", corruption,
           "noise on the inputs: none, mask:P or salt-pepper:P (probability), or gaussian:S "
           "(standard deviation; values in [0, 1], which stay there)")
      .shown_as("HOW");
  table.add("noise", noise, "draw the training noise fresh in each epoch, or once")
      .shown_as("WHEN");
}

}  // namespace hourglass::sources
