#pragma once

#include "hourglass/models/autoencoder.h"
#include "hourglass/runs/run_options.h"
#include "hourglass/sources/open.h"

namespace hourglass::benchmarks {

/// What a run would train, without its folder: data, a model with fresh weights, and options in
/// which device, threads and widths are settled.
struct Subject {
  runs::RunOptions options;
  sources::DataSplits data;
  models::AutoencoderPtr model;
};

/// Adds a row for each option that changes what is trained; those of a run's folder and pictures
/// would mean nothing here.
void describe_subject(runs::RunOptions& options, FieldTable& table);

/// Reads the data, builds the model and takes the number of threads, as runs/run.cpp does. Throws
/// what `runs::Run` throws for wrong options and data.
Subject make_subject(runs::RunOptions options);

/// The greatest resident set that this process has had, in MB of 2²⁰ bytes: LibTorch's libraries
/// and the data set are part of it.
double peak_memory_mb();

}  // namespace hourglass::benchmarks
